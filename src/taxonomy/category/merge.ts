import type { Category } from '../../db/generated/client.ts'
import type { WithJob } from '../../jobs/job.ts'
import { requireScope } from '../../keys/require-scope.ts'
import { ValidationError } from '../../lib/errors.ts'
import { handOver, leadTo } from '../../urls/redirects.ts'
import { categoryPath } from '../../urls/site-paths.ts'
import type { Write } from '../../write/write.ts'
import { lockNames, reserveShelves } from '../shared/locks.ts'
import { issue } from '../shared/names.ts'
import { arePublic, refile } from '../shared/post-links.ts'
import { type MergeInput, mergedRows, sourcesOf } from '../shared/term-input.ts'
import { showCategory } from '../shared/visibility.ts'
import { recordCategoryFact } from './events.ts'
import { below, isWithin, leadMoved, type Moved, moveTree, refuseLongPath } from './tree.ts'

/**
 * Files every post of the sources under the target, moves what is below them under it and deletes the sources; their
 * paths lead to the target.
 *
 * @throws ValidationError, for one, when the target stands below a source; NotFoundError.
 */
export const mergeCategories = async (w: Write, input: MergeInput): Promise<WithJob<Category>> => {
  requireScope(w, 'CONTENT_WRITE')
  const { targetId } = input
  const ids = sourcesOf(input)
  await reserveShelves(w)
  await lockNames(w, 'category')
  const rows = await w.tx.category.findMany({ where: { id: { in: [...ids, targetId] } } })
  const { sources, target } = mergedRows('category', ids, targetId, rows)
  refuseOwnAncestor(sources, target)

  const known = sources.filter(({ isPublic }) => isPublic)
  if (known.length > 0) await showCategory(w, targetId)
  // Before posts are filed elsewhere: nothing may be in the way at the end.
  for (const source of sources) await refuseLongPaths(w, source, target)
  const jobId = await refile(w, 'category', ids, targetId)
  if (jobId) return { ...target, jobId }
  const moved = await moveChildren(w, sources, target)
  const from = ids.map((categoryId) => ({ categoryId }))
  await handOver(w, from, { categoryId: targetId })
  const oldPaths = known.map(({ slugPath }) => categoryPath(w.site, slugPath))
  await leadTo(w, { categoryId: targetId }, oldPaths)
  // Sources may stand below each other.
  await w.tx.category.updateMany({ where: { id: { in: ids } }, data: { parentId: null } })
  await w.tx.category.deleteMany({ where: { id: { in: ids } } })

  const data = { version: target.version + 1, updatedAt: w.now }
  const category = await w.tx.category.update({ where: { id: targetId }, data })
  await recordCategoryFact(w, 'category.merged', {
    category,
    before: target,
    slugPaths: [
      ...[...known, target].map(({ slugPath }) => slugPath),
      ...moved.flatMap((one) => (one.isPublic ? [one.from, one.to] : [])),
    ],
    merged: sources,
    isOnPosts: await arePublic(w, 'category', [targetId, ...moved.map(({ id }) => id)]),
  })
  return { ...category, jobId: null }
}

const refuseOwnAncestor = (sources: Category[], target: Category): void => {
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

const refuseLongPaths = async (w: Write, source: Category, target: Category): Promise<void> => {
  for (const { slugPath } of await below(w, source.slugPath))
    refuseLongPath(target.slugPath + slugPath.slice(source.slugPath.length), 'targetId')
}

/** Moves what stands right below the sources, with all below it, under the target. */
const moveChildren = async (w: Write, sources: Category[], target: Category): Promise<Moved[]> => {
  const ids = sources.map(({ id }) => id)
  const before = new Map<string, string>()
  for (const source of sources)
    for (const { id, slugPath } of await below(w, source.slugPath)) before.set(id, slugPath)
  // The deepest first: what moved out of it does not move again with what is above.
  const deepestFirst = sources.toSorted((one, other) => other.slugPath.length - one.slugPath.length)
  for (const { id: parentId } of deepestFirst) {
    const children = await w.tx.category.findMany({ where: { parentId, id: { notIn: ids } } })
    for (const { id, slug, slugPath, version } of children) {
      const to = `${target.slugPath}/${slug}`
      await moveTree(w, slugPath, to, 'targetId')
      const data = { parentId: target.id, slugPath: to, version: version + 1, updatedAt: w.now }
      await w.tx.category.update({ where: { id }, data })
    }
  }
  for (const id of ids) before.delete(id)
  const after = await w.tx.category.findMany({
    where: { id: { in: [...before.keys()] } },
    select: { id: true, slugPath: true, isPublic: true },
  })
  const moved = after.map(({ id, slugPath, isPublic }) => {
    return { id, isPublic, from: before.get(id) ?? slugPath, to: slugPath }
  })
  await leadMoved(w, moved)
  return moved
}
