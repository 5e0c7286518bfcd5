import type { BackgroundJob } from '../../db/generated/client.ts'
import type { JobInput, JobKind } from '../../jobs/job.ts'
import type { Progress, Step } from '../../jobs/run.ts'
import { type Kind, kinds } from '../../taxonomy/kinds.ts'
import { reserveTerms } from '../../taxonomy/shared/locks.ts'
import { type MergeableKind, mergeTerms } from '../../taxonomy/shared/merge.ts'
import { areMany } from '../../taxonomy/shared/post-links.ts'
import {
  reindexSome,
  relinkSome,
  requireTerm,
  rewritePending,
  unlinkSome,
} from '../../taxonomy/shared/post-links-in-steps.ts'
import { deleteTerm } from '../../taxonomy/shared/term.ts'
import type { Write } from '../../write/write.ts'

// Some 50 ms on the embedded database.
const postsAStep = 200
// What is pending may be megabytes each.
const pendingAStep = 20

/**
 * What mutations of authors and terms leave behind them, in steps. Posts go one by one from a state that is whole to
 * another one; when few are left, the mutation itself does the rest, with its event, as if there had never been more.
 */
export const linkSteps: Record<JobKind, Step> = {
  RENAME: async (w, job) => {
    const { kind, ids } = inputOf(job)
    const posts = await reindexSome(w, kind, ids[0] ?? '', job.cursor, postsAStep)
    return { posts: posts.length, cursor: posts.at(-1) ?? job.cursor, isLast: posts.length < postsAStep }
  },

  DELETE: async (w, job) => {
    const { kind, ids } = inputOf(job)
    const [id = ''] = ids
    return someOrAll(w, job, {
      some: () => unlinkSome(w, kind, id, postsAStep),
      pending: () => rewritePending(w, kind, ids, null, pendingAStep),
      all: () => deleteTerm(w, kind, { id, detachPosts: true }),
    })
  },

  MERGE: async (w, job) => {
    const { kind, ids, targetId = '' } = inputOf(job)
    return someOrAll(w, job, {
      some: async () => {
        await requireTerm(w, kind, targetId)
        return relinkSome(w, kind, ids, targetId, postsAStep)
      },
      pending: () => rewritePending(w, kind, ids, targetId, pendingAStep),
      all: () => mergeTerms(w, mergeable(kind), { sourceIds: ids, targetId }),
    })
  },
}

const mergeable = (kind: Kind): MergeableKind => {
  if (kinds[kind].canMerge) return kind as MergeableKind
  throw new Error(`There is no merge of ${kinds[kind].plural}.`)
}

const inputOf = (job: BackgroundJob): JobInput => job.input as JobInput

const someOrAll = async (
  w: Write,
  job: BackgroundJob,
  does: { some: () => Promise<number>; pending: () => Promise<number>; all: () => Promise<unknown> },
): Promise<Progress> => {
  const { kind, ids } = inputOf(job)
  await reserveTerms(w)
  if (await areMany(w, kind, ids)) {
    const posts = await does.some()
    if (posts === 0) await does.pending()
    return { posts, isLast: false }
  }
  await does.all()
  return { posts: Math.max(0, job.total - job.processed), isLast: true }
}
