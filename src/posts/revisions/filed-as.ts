import { prefixOf } from '../../lib/id.ts'

/** A post, or what is shown in its place: pending edits, by the id of their revision, or how it was, by that of an event. */
type Shown = { id: string; filedAsId?: string }

/** The id by which the authors and terms of what is shown are found: of the revision or the event, else the post's own. */
export const filedAs = (row: Shown): string => row.filedAsId ?? row.id

/** The id by which its place among other posts is found: what it was, else what is live. */
export const placedAs = (row: Shown): string => (isPast(row) ? filedAs(row) : row.id)

/** Whether it is a state that an event keeps. */
export const isPast = (row: Shown): boolean => prefixOf(filedAs(row)) === 'event'
