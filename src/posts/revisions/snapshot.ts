import type { Tx } from '../../db/client.ts'
import { type Post, Prisma } from '../../db/generated/client.ts'
import { type ByName, type Kind, kindNames, kinds } from '../../taxonomy/kinds.ts'
import { type TermRow, tableOf } from '../../taxonomy/shared/rows.ts'
import {
  emptyValues,
  type PostField,
  type PostValues,
  postFieldNames,
  postFields,
  readValues,
} from '../fields/fields.ts'

/** Everything a person writes about a post: what a revision keeps and can restore. */
export type Snapshot = PostValues & TermIds

type TermIds = ByName<'idsField', string[]>

/** A post with its terms, each kind's in the written order. */
export type PostState = { [K in Kind as (typeof kinds)[K]['plural']]: TermRow<K>[] } & {
  post: Post
  /** The collective cache tags of the lists that got something new when it was published. */
  shown?: string[]
}

/** Reads a post and locks its row until the transaction ends; null when there is none. */
export const lockPost = async (tx: Tx, id: string): Promise<PostState | null> => {
  const [locked] = await tx.$queryRaw<{ id: string }[]>`SELECT id FROM posts WHERE id = ${id} FOR UPDATE`
  return locked ? readPost(tx, id) : null
}

const readPost = async (tx: Tx, id: string): Promise<PostState> => {
  const post = await tx.post.findUniqueOrThrow({ where: { id } })
  const ofEach = kindNames.map((kind) => {
    const [idColumn, links, name] = [
      kinds[kind].idColumn,
      kinds[kind].links,
      `"${kinds[kind].idsField}"`,
    ].map((name) => Prisma.raw(name))
    return Prisma.sql`ARRAY(SELECT ${idColumn} FROM ${links} WHERE post_id = ${id} ORDER BY position) AS ${name}`
  })
  const [ids] = await tx.$queryRaw<TermIds[]>`SELECT ${Prisma.join(ofEach)}`
  // A SELECT without FROM has one row.
  return withTerms(tx, post, ids as TermIds)
}

/** A post whose row is known, with its terms: a statement for each kind that it has any of. */
export const withTerms = async (tx: Tx, post: Post, termIds: TermIds): Promise<PostState> => {
  const terms: Record<string, { id: string }[]> = {}
  for (const kind of kindNames)
    terms[kinds[kind].plural] = await inOrder(termIds[kinds[kind].idsField], (id) =>
      tableOf(tx, kind).findMany({ where: { id } }),
    )
  return { post, ...terms } as PostState
}

const inOrder = async <Row extends { id: string }>(
  ids: string[],
  find: (id: { in: string[] }) => Promise<Row[]>,
): Promise<Row[]> => {
  if (ids.length === 0) return []
  const rows = new Map((await find({ in: ids })).map((row) => [row.id, row]))
  return ids.flatMap((id) => rows.get(id) ?? [])
}

export const snapshotOf = (state: PostState): Snapshot => ({
  ...readValues(state.post),
  ...termIdsBy((kind) => state[kinds[kind].plural].map(({ id }) => id)),
})

/** The ids of terms of each kind, as a snapshot has them. */
export const termIdsBy = (of: (kind: Kind) => string[]): TermIds =>
  Object.fromEntries(kindNames.map((kind) => [kinds[kind].idsField, of(kind)])) as TermIds

/** Of a post of which nothing is written yet. */
export const emptySnapshot: Snapshot = { ...emptyValues, ...termIdsBy(() => []) }

/** The public names of the fields in which two snapshots differ. */
export const changedFieldsOf = (before: Snapshot, after: Snapshot): string[] =>
  publicNames
    .filter(([field]) => JSON.stringify(before[field]) !== JSON.stringify(after[field]))
    .map(([, name]) => name)

const publicNames: [field: keyof Snapshot, name: string][] = [
  ...postFieldNames.map((name): [PostField, string] => [name, postFields[name].eventName ?? name]),
  ...Object.values(kinds).map(({ idsField, plural }): [keyof TermIds, string] => [idsField, plural]),
]

/** The date that it bears; null when it will bear that of its publication. */
export const dateOf = ({ publishedAt }: Snapshot): Date | null =>
  publishedAt === null ? null : new Date(publishedAt)
