import { pastOf } from '../../events/before-state.ts'
import type { EventType } from '../../events/catalog.ts'
import { termPath } from '../../urls/site-paths.ts'
import type { Write } from '../../write/write.ts'
import { type Kind, kinds } from '../kinds.ts'
import { writtenFieldsOf } from './input.ts'
import { isTree, slugPathOf, type TermRow, tableOf } from './rows.ts'
import { lineOf } from './tree.ts'

/** What is needed of a row to say what readers see of it. */
type PublicRow = { slug: string; name: string; slugPath?: string; parentId?: string | null }

/** What readers see of a term, by its public names; the parent by its slug. */
export const publicFieldsOf = async (w: Write, kind: Kind, row: PublicRow) => {
  const { slug, name } = row
  const values = row as unknown as Record<string, unknown>
  const fields = Object.fromEntries(writtenFieldsOf(kind).map(([field]) => [field, values[field]]))
  const parent = isTree(kind) ? { parent: await slugOf(w, kind, row.parentId ?? null) } : {}
  return { slug, name, ...fields, ...parent, path: termPath(w.site, kind, slugPathOf(row)) }
}

const slugOf = async ({ tx }: Write, kind: Kind, id: string | null): Promise<string | null> => {
  const row = id === null ? null : await tableOf(tx, kind).findUnique({ where: { id } })
  return row?.slug ?? null
}

/** What happened to a term. */
type TermEvent = {
  /** As it is now; a deletion counts as one more version. */
  term: { id: string; version: number; isPublic: boolean }
  /** Its row before; absent when there was none. */
  before?: TermRow
  changedFields?: string[]
  /** What it had before; of a deletion: all that it had. */
  previous?: Record<string, unknown> | null
  /** The slug paths of all whose pages are other ones now, before and after. */
  slugPaths: string[]
  /** Those that went into it. */
  merged?: TermEvent['term'][]
  /** Whether public posts show it: they are stale, too, and so is the front page. */
  isOnPosts: boolean
}

/**
 * Records what happened to a term; everyone is told of what everyone may see. In a tree the terms above are stale, too:
 * their children and the posts below them are other ones now.
 */
export const recordTermEvent = async (
  w: Write,
  kind: Kind,
  verb: 'created' | 'updated' | 'deleted' | 'merged',
  { term, before, changedFields = [], previous = null, slugPaths, merged = [], isOnPosts }: TermEvent,
): Promise<void> => {
  const lines = isTree(kind) ? slugPaths.flatMap(lineOf) : slugPaths
  const line = isTree(kind) ? await tableOf(w.tx, kind).findMany({ where: { slugPath: { in: lines } } }) : []
  const stale = [...line.map(({ id }) => id), ...knownIdsOf(merged), kinds[kind].plural]
  const paths = lines.map((slugPath) => termPath(w.site, kind, slugPath))
  w.record({
    type: `${kind}.${verb}` as EventType,
    subjectId: term.id,
    subjectVersion: term.version,
    changedFields,
    previous,
    before: before && pastOf(before),
    // Not the posts one by one: a tag may have thousands, and answers that show it carry its own id.
    invalidates: [...new Set([term.id, ...stale, ...(isOnPosts ? ['posts'] : [])])],
    paths: [...new Set([...paths, ...(isOnPosts ? ['/'] : [])])],
    isPublic: term.isPublic,
    detail: mergedDetail(merged),
  })
}

/** The ids of those that readers know. */
const knownIdsOf = (merged: TermEvent['term'][]): string[] =>
  merged.filter(({ isPublic }) => isPublic).map(({ id }) => id)

/** What the event of a merge keeps of those that are gone, apart by whether readers knew them. */
const mergedDetail = (merged: TermEvent['term'][]): MergedDetail | undefined => {
  if (merged.length === 0) return undefined
  const hidden = merged.filter(({ isPublic }) => !isPublic)
  return { mergedIds: knownIdsOf(merged), hiddenIds: hidden.map(({ id }) => id) }
}

export type MergedDetail = { mergedIds: string[]; hiddenIds: string[] }

/** The names of the public fields that differ, and the values they had. */
export const differences = (before: Record<string, unknown>, after: Record<string, unknown>) => {
  const changedFields = Object.keys(before).filter((field) => before[field] !== after[field])
  const previous = Object.fromEntries(changedFields.map((field) => [field, before[field]]))
  return { changedFields, previous }
}
