import type { BackgroundJob } from '../../db/generated/client.ts'
import type { JobInput, JobKind } from '../../jobs/job.ts'
import type { Progress, Step } from '../../jobs/run.ts'
import { deleteAuthor } from '../../taxonomy/author/author.ts'
import { deleteCategory } from '../../taxonomy/category/category.ts'
import { mergeCategories } from '../../taxonomy/category/merge.ts'
import { reserveShelves, type Shelf } from '../../taxonomy/shared/locks.ts'
import { areMany } from '../../taxonomy/shared/post-links.ts'
import {
  refileSome,
  renameSome,
  requireShelf,
  rewritePending,
  takeSomeOff,
} from '../../taxonomy/shared/post-links-in-steps.ts'
import { mergeTags } from '../../taxonomy/tag/merge.ts'
import { deleteTag } from '../../taxonomy/tag/tag.ts'
import type { Write } from '../../write/write.ts'

// Some 50 ms on the embedded database.
const postsAStep = 200
// What is pending may be megabytes each.
const pendingAStep = 20

/**
 * What mutations of authors and terms leave behind them, in steps. Posts go one by one from a state that is whole to
 * another one; when few are left, the mutation itself does the rest, with its event, as if there had never been more.
 */
export const filingSteps: Record<JobKind, Step> = {
  RENAME: async (w, job) => {
    const { shelf, ids } = inputOf(job)
    const posts = await renameSome(w, shelf, ids[0] ?? '', job.cursor, postsAStep)
    return { posts: posts.length, cursor: posts.at(-1) ?? job.cursor, isLast: posts.length < postsAStep }
  },

  DELETE: async (w, job) => {
    const { shelf, ids } = inputOf(job)
    const [id = ''] = ids
    return someOrAll(w, job, {
      some: () => takeSomeOff(w, shelf, id, postsAStep),
      pending: () => rewritePending(w, shelf, ids, null, pendingAStep),
      all: () => deletions[shelf](w, { id, detachPosts: true }),
    })
  },

  MERGE: async (w, job) => {
    const { shelf, ids, targetId = '' } = inputOf(job)
    return someOrAll(w, job, {
      some: async () => {
        await requireShelf(w, shelf, targetId)
        return refileSome(w, shelf, ids, targetId, postsAStep)
      },
      pending: () => rewritePending(w, shelf, ids, targetId, pendingAStep),
      all: () => merges[shelf](w, { sourceIds: ids, targetId }),
    })
  },
}

const deletions = { author: deleteAuthor, category: deleteCategory, tag: deleteTag }
const merges: Record<
  Shelf,
  (w: Write, input: { sourceIds: string[]; targetId: string }) => Promise<unknown>
> = {
  author: () => Promise.reject(new Error('Authors are not merged.')),
  category: mergeCategories,
  tag: mergeTags,
}

const inputOf = (job: BackgroundJob): JobInput => job.input as JobInput

const someOrAll = async (
  w: Write,
  job: BackgroundJob,
  does: { some: () => Promise<number>; pending: () => Promise<number>; all: () => Promise<unknown> },
): Promise<Progress> => {
  const { shelf, ids } = inputOf(job)
  await reserveShelves(w)
  if (await areMany(w, shelf, ids)) {
    const posts = await does.some()
    if (posts === 0) await does.pending()
    return { posts, isLast: false }
  }
  await does.all()
  return { posts: Math.max(0, job.total - job.processed), isLast: true }
}
