import { setTimeout as pause } from 'node:timers/promises'
import type { Db, Tx } from '../../db/client.ts'
import type { Log } from '../../lib/log.ts'
import { rendererVersion } from '../../markup/rendered.ts'
import type { Render } from '../../markup/threads/pool.ts'
import { type Between, indexMissing } from '../../search/reindex.ts'
import { renderAgain } from './render-again.ts'

/** How many posts wait for what an upgrade, or another SEARCH_LANGUAGE, makes anew. */
export type Outdated = { render: number; index: number }

/** Counts them: a look at every post's entry in the index of searches. */
export const countOutdated = async (db: Tx, language: string): Promise<Outdated> => {
  const [row] = await db.$queryRaw<Outdated[]>`
    SELECT
      (SELECT count(*)::int FROM posts WHERE renderer_version < ${rendererVersion}) AS render,
      (SELECT count(*)::int FROM posts LEFT JOIN post_search ON post_search.post_id = posts.id
        WHERE post_search.language IS DISTINCT FROM ${language}) AS index`
  return row ?? { render: 0, index: 0 }
}

export type Upkeep = {
  /** What is left of it, as far as this process knows. */
  outdated(): Outdated
  /** Lets the step under way end. */
  stop(): Promise<void>
}

/**
 * Makes anew what an older version of this program made of posts, while everything else goes on: what is rendered and what
 * is found is as it was until then. A process that ends in between leaves the rest to the next one.
 */
export const startUpkeep = (parts: {
  db: Db
  renderPost: Render
  language: string
  log: Log
  onError: (error: unknown) => void
}): Upkeep => {
  const { db, renderPost, language, log, onError } = parts
  const left: Outdated = { render: 0, index: 0 }
  const stopping = new AbortController()
  const { signal } = stopping

  const counting = (what: keyof Outdated): Between => {
    let since = performance.now()
    return async (done) => {
      left[what] = Math.max(0, left[what] - done)
      // Half of the time belongs to everybody else.
      await pause(Math.min(performance.now() - since, longestPauseMs), undefined, { signal }).catch(
        () => undefined,
      )
      since = performance.now()
      return !signal.aborted
    }
  }

  const work = async () => {
    Object.assign(left, await countOutdated(db, language))
    if (left.render + left.index === 0) return
    log.info({ ...left }, 'posts are made anew after an upgrade')
    const rendered = await renderAgain(db, renderPost, counting('render'))
    const indexed = await indexMissing(db, language, counting('index'))
    log.info({ rendered, indexed }, 'posts were made anew')
  }
  const working = work().catch(onError)

  return {
    outdated: () => ({ ...left }),
    stop: async () => {
      stopping.abort()
      await working
    },
  }
}

const longestPauseMs = 1_000
