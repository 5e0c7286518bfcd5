import type { Tx } from '../../db/client.ts'
import { type Post, Prisma } from '../../db/generated/client.ts'
import { type ByName, type Kind, kindNames, kinds } from '../../taxonomy/kinds.ts'
import { isTree } from '../../taxonomy/shared/rows.ts'
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

/** What an event says of a term: which it is, and where its page is. */
export type NamedTerm = { id: string; slug: string; slugPath: string }

/** A post with its terms, each kind's in the written order. */
export type PostState = ByName<'plural', NamedTerm[]> & {
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
  const terms = await namedTerms(tx, (kind) => {
    const [idColumn, links] = [kinds[kind].idColumn, kinds[kind].links].map((name) => Prisma.raw(name))
    return Prisma.sql`SELECT ${idColumn} AS id, position FROM ${links} WHERE post_id = ${id}`
  })
  return { post, ...terms }
}

/** A post whose row is known, with its terms. */
export const withTerms = async (tx: Tx, post: Post, termIds: TermIds): Promise<PostState> => {
  const idsOf = (kind: Kind) => termIds[kinds[kind].idsField]
  const terms = await namedTerms(
    tx,
    (kind) =>
      Prisma.sql`SELECT id, position FROM unnest(${idsOf(kind)}::text[]) WITH ORDINALITY AS one(id, position)`,
  )
  return { post, ...terms }
}

/** The terms of all kinds in one statement, of the ids and positions that one gives in SQL for each kind. */
const namedTerms = async (
  tx: Tx,
  idsOf: (kind: Kind) => Prisma.Sql,
): Promise<ByName<'plural', NamedTerm[]>> => {
  const ofEach = kindNames.map((kind) => {
    const [name, terms] = [Prisma.raw(`'${kind}'`), Prisma.raw(kinds[kind].plural)]
    const slugPath = Prisma.raw(isTree(kind) ? 'slug_path' : 'slug')
    return Prisma.sql`SELECT ${name} AS kind, id, slug, ${slugPath} AS "slugPath", position
      FROM (${idsOf(kind)}) linked JOIN ${terms} USING (id)`
  })
  const rows = await tx.$queryRaw<(NamedTerm & { kind: Kind })[]>`
    SELECT kind, id, slug, "slugPath" FROM (${Prisma.join(ofEach, ' UNION ALL ')}) named ORDER BY position`
  const terms = kindNames.map((kind) => [kinds[kind].plural, rows.filter((row) => row.kind === kind)])
  return Object.fromEntries(terms)
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
