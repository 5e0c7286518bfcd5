import { prefixOf } from '../../lib/id.ts'

/** A post, or what is shown in its place: pending edits, by the id of their revision, or how it was, by that of an event. */
type Shown = { id: string; stateId?: string }

/** The id by which the authors and terms of what is shown are found: of the revision or the event, else the post's own. */
export const stateIdOf = (row: Shown): string => row.stateId ?? row.id

/** The id by which its place among other posts is found: what it was, else what is live. */
export const placeIdOf = (row: Shown): string => (isPast(row) ? stateIdOf(row) : row.id)

/** Whether it is a state that an event keeps. */
export const isPast = (row: Shown): boolean => prefixOf(stateIdOf(row)) === 'event'
