import type { Tag } from '../../db/generated/client.ts'
import type { WithJob } from '../../jobs/job.ts'
import { requireScope } from '../../keys/require-scope.ts'
import { handOver, leadTo } from '../../urls/redirects.ts'
import type { Write } from '../../write/write.ts'
import { lockNames, reserveShelves } from '../shared/locks.ts'
import { refile } from '../shared/post-links.ts'
import { type MergeInput, mergedRows, sourcesOf } from '../shared/term-input.ts'
import { lookOf, recordTagFact } from './events.ts'

/**
 * Files every post of the sources under the target and deletes the sources; their paths lead to the target.
 *
 * @throws ValidationError; NotFoundError.
 */
export const mergeTags = async (w: Write, input: MergeInput): Promise<WithJob<Tag>> => {
  requireScope(w, 'CONTENT_WRITE')
  const { targetId } = input
  const ids = sourcesOf(input)
  await reserveShelves(w)
  await lockNames(w, 'tag')
  const rows = await w.tx.tag.findMany({ where: { id: { in: [...ids, targetId] } } })
  const { sources, target } = mergedRows('tag', ids, targetId, rows)
  const known = sources.filter(({ isPublic }) => isPublic)
  const looks = known.map((source) => lookOf(w.site, source))
  const isPublic = target.isPublic || known.length > 0
  // Its posts are public, and so is what they are filed under from now on.
  if (isPublic) await w.tx.tag.update({ where: { id: targetId }, data: { isPublic } })
  const jobId = await refile(w, 'tag', ids, targetId)
  if (jobId) return { ...target, jobId }
  const from = ids.map((tagId) => ({ tagId }))
  await handOver(w, from, { tagId: targetId })
  await leadTo(
    w,
    { tagId: targetId },
    looks.map(({ path }) => path),
  )
  await w.tx.tag.deleteMany({ where: { id: { in: ids } } })
  const data = { version: target.version + 1, updatedAt: w.now }
  const tag = await w.tx.tag.update({ where: { id: targetId }, data })
  const all = [...looks, lookOf(w.site, tag)]
  await recordTagFact(w, 'tag.merged', { tag, before: target, looks: all, merged: sources })
  return { ...tag, jobId: null }
}
