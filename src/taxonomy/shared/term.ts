import type { WithJob } from '../../jobs/job.ts'
import { requireScope } from '../../keys/require-scope.ts'
import { newId } from '../../lib/id.ts'
import { leaveGone, leaveNothing, takeOverPaths } from '../../urls/redirects.ts'
import { termPath } from '../../urls/site-paths.ts'
import type { Write } from '../../write/write.ts'
import type { Kind } from '../kinds.ts'
import { termColumns } from './columns.ts'
import { differences, publicFieldsOf, recordTermEvent } from './events.ts'
import type { TermInput } from './input.ts'
import { lockNames, reserveTerms } from './locks.ts'
import { areOnPublicPosts, reindexRenamed, unlinkPosts } from './post-links.ts'
import { isTree, slugPathOf, type TermRow, tableOf, termToWrite } from './rows.ts'
import { leadMoved, type Moved, moveBelow, refuseBranch, refuseLongPath } from './tree.ts'
import { showWithAncestors } from './visibility.ts'

/**
 * Creates an author, a category or a tag. Two may have one name, unless the kind has one spelling.
 *
 * @throws ValidationError with every issue at once; TakenError when the slug, or the name, belongs to another one.
 */
export const createTerm = async <K extends Kind>(
  w: Write,
  kind: K,
  input: TermInput<K> & { name: string },
): Promise<TermRow<K>> => {
  requireScope(w, 'CONTENT_WRITE')
  await lockNames(w, kind)
  const columns = await termColumns(w, kind, input, null)
  refuseLongPath(slugPathOf(columns), 'slug')
  const times = { createdAt: w.now, updatedAt: w.now }
  const term = await tableOf(w.tx, kind).create({
    data: { id: newId(kind), isPublic: true, ...columns, ...times },
  })
  await takeOverPaths(w, [termPath(w.site, kind, slugPathOf(term))])
  if (isTree(kind)) await showWithAncestors(w, kind, term.id)
  await recordTermEvent(w, kind, 'created', { term, slugPaths: [slugPathOf(term)], isOnPosts: false })
  return term
}

/**
 * Changes a term, and in a tree moves it with everything below it; every old path leads to the new one. What changes
 * nothing is no error.
 */
export const updateTerm = async <K extends Kind>(
  w: Write,
  kind: K,
  { id, ...input }: TermInput<K> & { id: string },
): Promise<WithJob<TermRow<K>>> => {
  requireScope(w, 'CONTENT_WRITE')
  await lockNames(w, kind)
  const before = await termToWrite(w, kind, id)
  const columns = await termColumns(w, kind, input as TermInput, before)
  const change = differences(await publicFieldsOf(w, kind, before), await publicFieldsOf(w, kind, columns))
  if (change.changedFields.length === 0) return { ...before, jobId: null }
  const [from, to] = [slugPathOf(before), slugPathOf(columns)]
  const own: Moved = { id, isPublic: before.isPublic, from, to }
  const below = isTree(kind)
    ? await moveBelow(w, kind, own, input.slug === undefined ? 'parentId' : 'slug')
    : []
  const moved = [own, ...below]
  const data = { ...columns, version: before.version + 1, updatedAt: w.now }
  const term = await tableOf(w.tx, kind).update({ where: { id }, data })
  const jobId = await reindexRenamed(w, kind, before, term)
  await leadMoved(w, kind, moved)
  if (isTree(kind) && before.isPublic) await showWithAncestors(w, kind, id)
  await recordTermEvent(w, kind, 'updated', {
    term,
    before,
    ...change,
    // What an event may tell to everyone: those that they see, and the one that it is about.
    slugPaths: moved.filter((one) => one.isPublic || one.id === id).flatMap((one) => [one.from, one.to]),
    isOnPosts: await areOnPublicPosts(
      w,
      kind,
      moved.map((one) => one.id),
    ),
  })
  return { ...term, jobId }
}

/**
 * Deletes a term for good; its path answers Gone where readers knew it.
 *
 * @throws NotFoundError; InvalidStateError when there are others below it, or posts and `detachPosts` is not true.
 */
export const deleteTerm = async (
  w: Write,
  kind: Kind,
  { id, detachPosts }: { id: string; detachPosts?: boolean | null },
): Promise<WithJob<{ id: string }>> => {
  requireScope(w, 'CONTENT_WRITE')
  await reserveTerms(w)
  await lockNames(w, kind)
  const before = await termToWrite(w, kind, id)
  if (isTree(kind)) await refuseBranch(w, kind, before)
  const isOnPosts = await areOnPublicPosts(w, kind, [id])
  const jobId = await unlinkPosts(w, kind, before, detachPosts)
  if (jobId) return { id, jobId }
  const previous = await publicFieldsOf(w, kind, before)
  await (before.isPublic ? leaveGone(w, { kind, id }, [previous.path]) : leaveNothing(w, { kind, id }))
  await tableOf(w.tx, kind).deleteMany({ where: { id } })
  const term = { ...before, version: before.version + 1 }
  const slugPaths = [slugPathOf(before)]
  await recordTermEvent(w, kind, 'deleted', { term, before, slugPaths, previous, isOnPosts })
  return { id, jobId: null }
}
