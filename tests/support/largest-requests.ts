import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isAbstractType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isObjectType,
  isRequiredArgument,
} from 'graphql'
import { checkDocument, parseDocument } from '../../src/graphql/limits/limits.ts'
import { checkFilter, type PostFilter } from '../../src/posts/query/filter.ts'

/** From 0 up to, but not including, 1; the same for the same seed. */
export type Random = () => number

/** What there is to ask for: slugs by what they are slugs of, ids of posts, and words. */
export type Known = {
  slugs: Record<'authors' | 'categories' | 'tags' | 'posts', string[]>
  ids: string[]
  words: string
}

/** A selection that can still grow: its fields are those of its type, and a field may be there again under another name. */
type Node = { type: GraphQLNamedType; parts: { head: string; node: Node | null }[] }

/** How likely each field is to be asked for, by its coordinate. */
type Taste = (node: GraphQLNamedType, field: GraphQLField<unknown, unknown>) => number

/**
 * Every document is fond of some fields, and has little of all others: what costs most is much of one thing, and a document
 * that has some of everything asks for little of each.
 */
const tasteFrom = (random: Random): Taste => {
  const weights = new Map<string, number>()
  return (type, { name }) => {
    const coordinate = `${type.name}.${name}`
    const weight = weights.get(coordinate) ?? random() ** 6 + 1e-6
    weights.set(coordinate, weight)
    return weight
  }
}

/**
 * A document that no limit refuses, and to which none of many attempts could add anything: found by growing it wherever the
 * schema lets it, with the largest pages and filters. Nothing of it is written by hand, so that a field which is new is tried
 * as well.
 *
 * @param wants says which fields to try, such as those that need no scope.
 */
export const largestDocument = (
  schema: GraphQLSchema,
  known: Known,
  random: Random,
  wants: (field: GraphQLField<unknown, unknown>) => boolean,
): string => {
  const query = schema.getQueryType()
  if (!query) throw new Error('There is no Query.')
  const root: Node = { type: query, parts: [] }
  const taste = tasteFrom(random)
  const nodes: Node[] = [root]
  let aliases = 0
  for (let failures = 0; failures < 40; ) {
    const node = pick(nodes, random)
    const grown = grow(schema, known, random, wants, taste, node, `a${aliases++}`)
    if (grown && isAllowed(schema, print(root))) {
      nodes.push(...grown)
      failures = 0
      continue
    }
    if (grown) node.parts.pop()
    failures++
  }
  return print(root)
}

const grow = (
  schema: GraphQLSchema,
  known: Known,
  random: Random,
  wants: (field: GraphQLField<unknown, unknown>) => boolean,
  taste: Taste,
  node: Node,
  alias: string,
): Node[] | null => {
  if (isAbstractType(node.type)) {
    // One of its types: fields of two under one name may contradict each other.
    if (node.parts.length > 0) return null
    const inner: Node = { type: pick(schema.getPossibleTypes(node.type), random), parts: [] }
    node.parts.push({ head: `... on ${inner.type.name}`, node: inner })
    return added(inner, schema, known, random, wants, taste, alias)
  }
  if (!isObjectType(node.type)) return null
  const fields = Object.values(node.type.getFields()).filter(wants)
  if (fields.length === 0) return null
  const type = node.type
  const field = pickBy(fields, (one) => taste(type, one), random)
  const taken = node.parts.some(({ head }) => head.split(/[ (:]/)[0] === field.name)
  const head = `${taken ? `${alias}: ` : ''}${field.name}${argumentsOf(field, known, random)}`
  const answered = getNamedType(field.type)
  if (isLeafType(answered)) {
    node.parts.push({ head, node: null })
    return []
  }
  const inner: Node = { type: answered, parts: [] }
  node.parts.push({ head, node: inner })
  return added(inner, schema, known, random, wants, taste, alias)
}

/** A selection has to have something in it: it grows once at least. */
const added = (
  inner: Node,
  schema: GraphQLSchema,
  known: Known,
  random: Random,
  wants: (field: GraphQLField<unknown, unknown>) => boolean,
  taste: Taste,
  alias: string,
): Node[] => {
  for (let attempt = 0; attempt < 20; attempt++) {
    const grown = grow(schema, known, random, wants, taste, inner, `${alias}b${attempt}`)
    if (grown) return [inner, ...grown]
  }
  inner.parts.push({ head: '__typename', node: null })
  return [inner]
}

const print = ({ parts }: Node): string =>
  `{ ${parts.map(({ head, node }) => (node ? `${head} ${print(node)}` : head)).join(' ') || '__typename'} }`

const isAllowed = (schema: GraphQLSchema, source: string): boolean => {
  try {
    checkDocument(parseDocument(source), schema)
    return true
  } catch {
    return false
  }
}

const argumentsOf = (field: GraphQLField<unknown, unknown>, known: Known, random: Random): string => {
  const given = field.args.flatMap((arg) => {
    const value = argumentOf(field.name, arg, known, random)
    return value === null ? [] : [`${arg.name}: ${value}`]
  })
  return given.length > 0 ? `(${given.join(', ')})` : ''
}

const argumentOf = (field: string, arg: GraphQLArgument, known: Known, random: Random): string | null => {
  // The largest pages, and others, so that there is room for more lists in lists.
  if (arg.name === 'first') return String(pick([100, 100, 20, 3, 1], random))
  if (arg.name === 'filter' && getNamedType(arg.type).name === 'PostFilter')
    return random() < 0.5 ? literal(largestFilter(known, random)) : null
  const isEnum = isEnumType(getNamedType(arg.type))
  if (!isRequiredArgument(arg) && !isEnum) return null
  return literal(inputOf(arg.type, [field, arg.name], known, random))
}

const inputOf = (type: GraphQLInputType, path: string[], known: Known, random: Random): unknown => {
  const nullable = getNullableType(type)
  if (isListType(nullable))
    return Array.from({ length: 100 }, () => inputOf(nullable.ofType, path, known, random))
  if (isEnumType(nullable)) return { enum: pick(nullable.getValues(), random).name }
  if (isInputObjectType(nullable)) {
    const fields = Object.values(nullable.getFields())
    const kept = nullable.isOneOf ? fields.filter(({ name }) => name === 'slug') : fields
    return Object.fromEntries(
      kept.map(({ name, type: inner }) => [name, inputOf(inner, [...path, name], known, random)]),
    )
  }
  if (nullable.name === 'ID') return pick(known.ids, random)
  if (nullable.name === 'Boolean') return random() < 0.5
  if (nullable.name === 'Int') return 100
  if (path.at(-1) !== 'slug') return path[0] === 'resolveUrl' ? '/post/1/' : known.words
  const of = { author: 'authors', category: 'categories', tag: 'tags' }[path[0] ?? ''] ?? 'posts'
  return pick(known.slugs[of as keyof Known['slugs']], random)
}

/** A filter to which nothing can be added: it grows by every part that there is until all are refused. */
export const largestFilter = (known: Known, random: Random): PostFilter => {
  const filter: PostFilter = {}
  for (let failures = 0; failures < 12; ) {
    const before = structuredClone(filter)
    addPart(filter, known, random)
    const isLarger = JSON.stringify(filter).length > JSON.stringify(before).length
    if (isLarger && isAllowedFilter(filter)) {
      failures = 0
      continue
    }
    for (const key of Object.keys(filter)) delete filter[key as keyof PostFilter]
    Object.assign(filter, before)
    failures++
  }
  return filter
}

const addPart = (filter: PostFilter, known: Known, random: Random): void => {
  const inner = (): PostFilter => {
    const part: PostFilter = {}
    addPart(part, known, random)
    return part
  }
  const plural = pick(['authors', 'categories', 'tags'] as const, random)
  const slugs = () => {
    const count = pick([1, 5, 25], random)
    return Array.from({ length: count }, () =>
      pick(known.slugs[plural].slice(0, pick([12, 1_000], random)), random),
    )
  }
  const kind = pick(
    ['AND', 'OR', 'NOT', 'any', 'all', 'none', 'any', 'none', 'search', 'ids', 'updatedAt'] as const,
    random,
  )
  if (kind === 'AND' || kind === 'OR') filter[kind] = [...(filter[kind] ?? []), inner()]
  else if (kind === 'NOT') filter.NOT = inner()
  else if (kind === 'search') filter.search = known.words
  else if (kind === 'ids') filter.NOT = { ids: Array.from({ length: 20 }, () => pick(known.ids, random)) }
  else if (kind === 'updatedAt') filter.updatedAt = {}
  else filter[plural] = { ...filter[plural], [kind]: slugs() }
}

const isAllowedFilter = (filter: PostFilter): boolean => {
  try {
    checkFilter(filter)
    // A document has 20,000 characters, and other things in it.
    return JSON.stringify(filter).length < 6_000
  } catch {
    return false
  }
}

const literal = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if ('enum' in value) return String(value.enum)
  return `{ ${Object.entries(value)
    .map(([key, part]) => `${key}: ${literal(part)}`)
    .join(', ')} }`
}

const pickBy = <One>(all: readonly One[], weightOf: (one: One) => number, random: Random): One => {
  let left = random() * all.reduce((sum, one) => sum + weightOf(one), 0)
  for (const one of all) {
    left -= weightOf(one)
    if (left <= 0) return one
  }
  return pick(all, random)
}

export const pick = <One>(all: readonly One[], random: Random): One => {
  const one = all[Math.floor(random() * all.length)]
  if (one === undefined) throw new Error('There is nothing to pick from.')
  return one
}
