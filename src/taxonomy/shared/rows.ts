import type { Tx } from '../../db/client.ts'
import type { Prisma } from '../../db/generated/client.ts'
import { NotFoundError } from '../../lib/errors.ts'
import { prefixOf } from '../../lib/id.ts'
import type { Write } from '../../write/write.ts'
import { type Kind, type KindWith, kinds } from '../kinds.ts'

export type TreeKind = KindWith<'isTree'>

/** The row of a term. */
export type TermRow<K extends Kind = Kind> = Prisma.Result<Tx[K], object, 'findFirstOrThrow'>

/** What is done with the rows of a kind, whichever it is: Prisma has a client of another type for each. */
type Table<Row> = {
  findUnique(query: { select?: object; where: object }): Promise<Row | null>
  findUniqueOrThrow(query: { select?: object; where: object }): Promise<Row>
  findMany(query: Listed): Promise<Row[]>
  count(query: { where: object }): Promise<number>
  create(query: { data: object }): Promise<Row>
  update(query: { where: { id: string }; data: object }): Promise<Row>
  updateMany(query: { where: object; data: object }): Promise<unknown>
  deleteMany(query: { where: object }): Promise<unknown>
}

type Listed = { select?: object; where: object; orderBy?: object | object[]; take?: number }

export const tableOf = <K extends Kind>(tx: Tx, kind: K): Table<TermRow<K>> =>
  tx[kind] as unknown as Table<TermRow<K>>

export const isTree = (kind: Kind): kind is TreeKind => kinds[kind].isTree

/** What the path of its page is made of: its slug, in a tree with those above it. */
export const slugPathOf = (row: { slug: string; slugPath?: string }): string => row.slugPath ?? row.slug

/** @throws NotFoundError when there is none of that kind with the id. */
export const termToWrite = async <K extends Kind>(
  { tx }: Write,
  kind: K,
  id: string,
): Promise<TermRow<K>> => {
  const row = prefixOf(id) === kind ? await tableOf(tx, kind).findUnique({ where: { id } }) : null
  if (!row) throw new NotFoundError(`There is no ${kind} with the id "${id}".`, ['input', 'id'])
  return row
}
