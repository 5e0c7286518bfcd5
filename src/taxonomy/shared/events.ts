import type { Author, Category, Tag } from '../../db/generated/client.ts'
import { pastOf } from '../../events/before-state.ts'
import type { EventType } from '../../events/catalog.ts'
import type { Write } from '../../write/write.ts'

/** What happened to an author or a term. */
export type ShelfFact = {
  type: EventType
  /** As it is now; a deletion counts as one more version. */
  subject: { id: string; version: number; isPublic: boolean }
  /** Its row before; absent when there was none. */
  before?: Author | Category | Tag
  changedFields?: string[]
  /** What it had before; of a deletion: all that it had. */
  previous?: Record<string, unknown> | null
  /** Whose cache tags are stale besides its own, the collective tag among them. */
  stale: string[]
  /** The pages that show it, or showed it. */
  paths: string[]
  /** Whether public posts show it: they are stale, too, and so is the front page. */
  isOnPosts: boolean
  detail?: Record<string, unknown>
}

/** Records what happened to an author or a term; everyone is told of what everyone may see. */
export const recordShelfFact = (w: Write, fact: ShelfFact): void => {
  const { type, subject, before, changedFields = [], previous = null, stale, paths, isOnPosts, detail } = fact
  w.record({
    type,
    subjectId: subject.id,
    subjectVersion: subject.version,
    changedFields,
    previous,
    before: before && pastOf(before),
    // Not the posts one by one: a tag may have thousands, and answers that show it carry its own id.
    invalidates: [...new Set([subject.id, ...stale, ...(isOnPosts ? ['posts'] : [])])],
    paths: [...new Set([...paths, ...(isOnPosts ? ['/'] : [])])],
    isPublic: subject.isPublic,
    detail,
  })
}

/** The ids of those that readers know. */
export const knownIdsOf = (merged: ShelfFact['subject'][]): string[] =>
  merged.filter(({ isPublic }) => isPublic).map(({ id }) => id)

/** What the event of a merge keeps of those that are gone, apart by whether readers knew them. */
export const mergedDetail = (merged: ShelfFact['subject'][]): MergedDetail | undefined => {
  if (merged.length === 0) return undefined
  const hidden = merged.filter(({ isPublic }) => !isPublic)
  return { mergedIds: knownIdsOf(merged), hiddenIds: hidden.map(({ id }) => id) }
}

export type MergedDetail = { mergedIds: string[]; hiddenIds: string[] }

/** The names of the fields in which two looks at one thing differ, and the values they had. */
export const differences = <Look extends Record<string, unknown>>(before: Look, after: Look) => {
  const changedFields = Object.keys(before).filter((field) => before[field] !== after[field])
  const previous = Object.fromEntries(changedFields.map((field) => [field, before[field]]))
  return { changedFields, previous }
}
