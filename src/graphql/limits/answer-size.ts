import {
  defaultFieldResolver,
  type GraphQLError,
  type GraphQLFieldResolver,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isLeafType,
  isListType,
  isObjectType,
  locatedError,
  responsePathAsArray,
} from 'graphql'
import { Prisma } from '../../db/generated/client.ts'
import type { Context } from '../schema/context.ts'
import { defaultLimits, tooComplex } from './limits.ts'

/**
 * What one answer has in it so far. The largest text of all and the largest row are free: one object, however large it is,
 * can always be asked for alone.
 */
class Answer {
  /** Why it is refused: one error for all that is still asked for, since making one of thousands of fields takes seconds. */
  refusal: GraphQLError | null = null
  #written = 0
  #longest = 0
  #objects = 0
  #read = 0
  #largest = 0
  #last: Promise<unknown> = Promise.resolve()

  /** Counts a text of the answer. */
  write(bytes: number, info: GraphQLResolveInfo): void {
    this.#written += bytes
    if (bytes > this.#longest) this.#longest = bytes
    if (this.#written - this.#longest > defaultLimits.bytes) this.#refuse('bytes', info)
  }

  /** Counts objects before they are read, or as they come. */
  hold(objects: number, info: GraphQLResolveInfo): void {
    this.#objects += objects
    if (this.#objects > defaultLimits.objects) this.#refuse('objects', info)
  }

  /** One after the other, since each has the room that those before it have left. */
  read<Row>(work: (allowance: Allowance) => Promise<Row[]>, info: GraphQLResolveInfo): Promise<Row[]> {
    return this.inTurn(() =>
      work({
        read: this.#read,
        largest: this.#largest,
        take: (sum, largest) => this.#take(sum, largest, info),
      }),
    )
  }

  /** After what was asked for before, and not at all once that was too much. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(() => {
      if (this.refusal) throw this.refusal
      return work()
    })
    this.#last = done.catch(() => undefined)
    return done
  }

  #take(sum: number, largest: number, info: GraphQLResolveInfo): void {
    this.#read += sum
    this.#largest = Math.max(this.#largest, largest)
    if (this.#read - this.#largest > defaultLimits.bytes) this.#refuse('bytes', info)
  }

  #refuse(limit: 'bytes' | 'objects', { operation, fieldNodes, path }: GraphQLResolveInfo): never {
    if (this.refusal) throw this.refusal
    const isDone = operation.operation === 'mutation'
    // GraphQL goes on after a field that may be null, and stops at one that may not: here it stops at both.
    const more = isDone
      ? ' What it changes was changed all the same: read it with a query. Mutations that follow in the document were not begun.'
      : ''
    const refused = tooComplex(limit, defaultLimits[limit], undefined, more)
    this.refusal = locatedError(refused, fieldNodes, responsePathAsArray(path))
    throw this.refusal
  }
}

type Allowance = { read: number; largest: number; take(sum: number, largest: number): void }

const answers = new WeakMap<object, Answer>()

/** An event of a stream is an answer of its own, and so is each that is rendered: it is their root. */
const answerOf = (context: Context, { rootValue }: GraphQLResolveInfo): Answer => {
  const key = typeof rootValue === 'object' && rootValue !== null ? rootValue : context
  const known = answers.get(key) ?? new Answer()
  answers.set(key, known)
  return known
}

/** Counts objects that are about to be read, where only the parents know how many they can be. */
export const holdObjects = (count: number, context: Context, info: GraphQLResolveInfo): void =>
  answerOf(context, info).hold(count, info)

/** Reads what is counted when it is there: one after the other, so that no more is read once it was too much. */
export const inTurn = <T>(context: Context, info: GraphQLResolveInfo, work: () => Promise<T>): Promise<T> =>
  answerOf(context, info).inTurn(work)

/** Reads what says itself, row by row, how long it is: in turn, and it throws once that was too much. */
export const readCounted = <Row>(
  context: Context,
  info: GraphQLResolveInfo,
  work: (count: (bytes: number) => void) => Promise<Row[]>,
): Promise<Row[]> => answerOf(context, info).read(({ take }) => work((bytes) => take(bytes, bytes)), info)

/** Reads the rows of a statement, of which `columns` are those that it selects, under the names that Prisma has for them. */
export type Reader = <Row>(statement: Prisma.Sql, columns: string[]) => Promise<Row[]>

/**
 * Reads rows so that no more text leaves the database than an answer may have: it is measured there, by the lengths that are
 * stored with it.
 */
export const readerOf =
  (context: Context, info: GraphQLResolveInfo): Reader =>
  <Row>(statement: Prisma.Sql, columns: string[]) => {
    const long = columns.filter((column) => longColumns.has(column))
    if (long.length === 0) return context.db.$queryRaw<Row[]>(statement)
    return answerOf(context, info).read(async (allowance) => {
      const rows = await context.db.$queryRaw<(Row & Measured)[]>(
        measured(statement, columns, long, allowance),
      )
      const [first] = rows
      if (first) allowance.take(Number(first.bytesOfAll), Number(first.bytesOfOne))
      return rows
    }, info)
  }

type Measured = { bytesOfAll: bigint; bytesOfOne: bigint }

const measured = (statement: Prisma.Sql, columns: string[], long: string[], { read, largest }: Allowance) => {
  const lengths = long.map((column) => `COALESCE(octet_length(page."${column}"::text), 0)`).join(' + ')
  const kept = columns.map((column) =>
    long.includes(column) ? `CASE WHEN fits THEN page."${column}" END AS "${column}"` : `page."${column}"`,
  )
  return Prisma.sql`
    SELECT ${Prisma.raw(kept.join(', '))}, "bytesOfAll", "bytesOfOne" FROM (
      SELECT page.*, ${read}::bigint + "bytesOfAll" - greatest("bytesOfOne", ${largest}::bigint) <= ${defaultLimits.bytes}::bigint AS fits
      FROM (
        SELECT page.*, sum(${Prisma.raw(lengths)}) OVER () ::bigint AS "bytesOfAll", (max(${Prisma.raw(lengths)}) OVER ())::bigint AS "bytesOfOne"
        FROM (${statement}) page
      ) page
    ) page`
}

/** What can be long, of any table. */
const longColumns = new Set([
  ...['source', 'content', 'contentText', 'contentMarkdown', 'excerptHtml', 'excerptText', 'excerptMarkdown'],
  ...['metadata', 'images', 'headings', 'bio', 'description'],
])

/** Counts what every field answers, as it is answered. Changes the schema and returns it. */
export const withAnswerSize = (schema: GraphQLSchema): GraphQLSchema => {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue
    // The cost knows how long pages are.
    const isPage = type.name.endsWith('Connection')
    for (const field of Object.values(type.getFields())) {
      // What is exposed as it is has no resolver of its own, and counts as well.
      const resolve = field.resolve ?? defaultFieldResolver
      const isList = !isPage && isListType(getNullableType(field.type))
      const count = isLeafType(getNamedType(field.type)) ? writeValue : isList ? holdList : writeName
      field.resolve = counting(resolve, count)
    }
  }
  return schema
}

type Resolver = GraphQLFieldResolver<unknown, Context>
type Count = (answer: Answer, value: unknown, info: GraphQLResolveInfo) => void

const counting =
  (resolve: Resolver, count: Count): Resolver =>
  (root, args, context, info) => {
    const answer = answerOf(context, info)
    if (answer.refusal) throw answer.refusal
    const value: unknown = resolve(root, args, context, info)
    if (!(value instanceof Promise)) {
      count(answer, value, info)
      return value
    }
    return value.then((awaited) => {
      if (answer.refusal) throw answer.refusal
      count(answer, awaited, info)
      return awaited
    })
  }

// What stands around a value, and the work that it is: half a million numbers are 5 MB, and take seconds to find.
const bytesOfAny = 20

/** An alias may be as long as a document, and stands before every value. */
const nameOf = ({ path }: GraphQLResolveInfo): number => String(path.key).length + bytesOfAny

const writeName: Count = (answer, _value, info) => answer.write(nameOf(info), info)

const writeValue: Count = (answer, value, info) => answer.write(nameOf(info) + sizeOf(value), info)

const holdList: Count = (answer, value, info) => {
  answer.write(nameOf(info), info)
  if (Array.isArray(value)) answer.hold(value.length, info)
}

/** About as long as the value is in JSON. */
const sizeOf = (value: unknown): number => {
  if (typeof value === 'string') return value.length + 2
  if (typeof value !== 'object' || value === null || value instanceof Date) return 8
  return Object.entries(value).reduce((sum, [key, part]) => sum + key.length + 4 + sizeOf(part), 2)
}
