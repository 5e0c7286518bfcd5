import type { WithJob } from '../../jobs/job.ts'
import { requireScope } from '../../keys/require-scope.ts'
import { ValidationError } from '../../lib/errors.ts'
import { handOver, leadTo } from '../../urls/redirects.ts'
import { termPath } from '../../urls/site-paths.ts'
import type { Write } from '../../write/write.ts'
import type { KindWith } from '../kinds.ts'
import { recordTermEvent } from './events.ts'
import { type MergeInput, mergedRows, sourcesOf } from './input.ts'
import { lockNames, reserveTerms } from './locks.ts'
import { issue } from './names.ts'
import { areOnPublicPosts, relinkPosts } from './post-links.ts'
import { isTree, slugPathOf, type TermRow, type TreeKind, tableOf } from './rows.ts'
import { below, isWithin, leadMoved, type Moved, moveTree, refuseLongPath } from './tree.ts'
import { showWithAncestors } from './visibility.ts'

export type MergeableKind = KindWith<'canMerge'>

/**
 * Links every post of the sources to the target, in a tree moves what is below them under it, and deletes the sources;
 * their paths lead to the target.
 *
 * @throws ValidationError, for one, when the target stands below a source; NotFoundError.
 */
export const mergeTerms = async <K extends MergeableKind>(
  w: Write,
  kind: K,
  input: MergeInput,
): Promise<WithJob<TermRow<K>>> => {
  requireScope(w, 'CONTENT_WRITE')
  const { targetId } = input
  const ids = sourcesOf(input)
  await reserveTerms(w)
  await lockNames(w, kind)
  const table = tableOf(w.tx, kind)
  const rows = await table.findMany({ where: { id: { in: [...ids, targetId] } } })
  const { sources, target } = mergedRows(kind, ids, targetId, rows)
  const tree = isTree(kind) ? { kind, sources: sources as TreeRow[], target: target as TreeRow } : null
  if (tree) refuseOwnAncestor(tree)

  const known = sources.filter(({ isPublic }) => isPublic)
  // Its posts are public, and so is what they are linked to from now on.
  if (known.length > 0) await showWithAncestors(w, kind, targetId)
  // Before posts are linked elsewhere: nothing may be in the way at the end.
  if (tree) await refuseLongPaths(w, tree)
  const jobId = await relinkPosts(w, kind, ids, targetId)
  if (jobId) return { ...target, jobId }
  const moved = tree ? await moveChildren(w, tree) : []
  await handOver(
    w,
    ids.map((id) => ({ kind, id })),
    { kind, id: targetId },
  )
  const oldPaths = known.map((source) => termPath(w.site, kind, slugPathOf(source)))
  await leadTo(w, { kind, id: targetId }, oldPaths)
  // Sources may stand below each other.
  if (tree) await table.updateMany({ where: { id: { in: ids } }, data: { parentId: null } })
  await table.deleteMany({ where: { id: { in: ids } } })

  const data = { version: target.version + 1, updatedAt: w.now }
  const term = await table.update({ where: { id: targetId }, data })
  await recordTermEvent(w, kind, 'merged', {
    term,
    before: target,
    slugPaths: [
      ...[...known, target].map(slugPathOf),
      ...moved.flatMap((one) => (one.isPublic ? [one.from, one.to] : [])),
    ],
    merged: sources,
    isOnPosts: await areOnPublicPosts(w, kind, [targetId, ...moved.map(({ id }) => id)]),
  })
  return { ...term, jobId: null }
}

type TreeRow = TermRow<TreeKind>
type TreeMerge = { kind: TreeKind; sources: TreeRow[]; target: TreeRow }

const refuseOwnAncestor = ({ sources, target }: TreeMerge): void => {
  const issues = sources
    .filter((source) => isWithin(target.slugPath, source.slugPath))
    .map(({ name }) =>
      issue(
        'sourceIds',
        `"${target.name}" stands below "${name}"; merge it the other way round, or move it out first.`,
      ),
    )
  if (issues.length > 0) throw new ValidationError(issues)
}

const refuseLongPaths = async (w: Write, { kind, sources, target }: TreeMerge): Promise<void> => {
  for (const source of sources)
    for (const { slugPath } of await below(w, kind, source.slugPath))
      refuseLongPath(target.slugPath + slugPath.slice(source.slugPath.length), 'targetId')
}

/** Moves what stands right below the sources, with all below it, under the target. */
const moveChildren = async (w: Write, { kind, sources, target }: TreeMerge): Promise<Moved[]> => {
  const table = tableOf(w.tx, kind)
  const ids = sources.map(({ id }) => id)
  const before = new Map<string, string>()
  for (const source of sources)
    for (const { id, slugPath } of await below(w, kind, source.slugPath)) before.set(id, slugPath)
  // The deepest first: what moved out of it does not move again with what is above.
  const deepestFirst = sources.toSorted((one, other) => other.slugPath.length - one.slugPath.length)
  for (const { id: parentId } of deepestFirst) {
    const children = await table.findMany({ where: { parentId, id: { notIn: ids } } })
    for (const { id, slug, slugPath, version } of children) {
      const to = `${target.slugPath}/${slug}`
      await moveTree(w, kind, slugPath, to, 'targetId')
      const data = { parentId: target.id, slugPath: to, version: version + 1, updatedAt: w.now }
      await table.update({ where: { id }, data })
    }
  }
  for (const id of ids) before.delete(id)
  const after = await table.findMany({ where: { id: { in: [...before.keys()] } } })
  const moved = after.map(({ id, slugPath, isPublic }) => {
    return { id, isPublic, from: before.get(id) ?? slugPath, to: slugPath }
  })
  await leadMoved(w, kind, moved)
  return moved
}
