import { expect } from 'vitest'
import { checkDocument, parseDocument } from '../../src/graphql/limits/limits.ts'
import { schema } from '../../src/graphql/schema.ts'
import { randomFrom } from '../api/filter-model.ts'
import type { TestApp } from './app.ts'
import type { BlogShape } from './large-blog.ts'
import { type Known, largestDocument } from './largest-requests.ts'

// Two seconds on a machine of its own. One that ten others share takes eight times as long; what is not bounded takes minutes.
const longest = 20_000
const largestGrowth = 400_000_000

const knownOf = ({ posts, tags, depth }: BlogShape): Known => {
  const names = (name: string, count: number) =>
    Array.from({ length: count }, (_, index) => `${name}-${index + 1}`)
  return {
    slugs: {
      authors: names('author', 30),
      categories: names('category', depth + 100),
      tags: names('tag', tags),
      posts: names('post', posts),
    },
    ids: names('post', posts).map((name) => idOf(Number(name.slice(5)))),
    words: 'paper gazette w1',
  }
}

const idOf = (number: number) =>
  `post_01h455vb4pex5vsknk${String(number)
    .replace(/\d/g, (digit) => 'abcdefghjk'[Number(digit)] ?? '')
    .padStart(8, '0')}`

/**
 * Sends the largest documents that the limits let through, one for each seed, and expects of each that it is answered or
 * refused in time, in bounded memory, with /healthz answering meanwhile. Returns how much was asked for, for a test of the test.
 */
export const press = async (
  app: TestApp,
  shape: BlogShape,
  seeds: number[],
): Promise<{ costs: number[]; answered: number }> => {
  const known = knownOf(shape)
  const costs: number[] = []
  let answered = 0
  for (const seed of seeds) {
    const needsNoScope = ({ description }: { description?: string | null | undefined }) =>
      !/Needs [a-z]+:/.test(description ?? '')
    const document = largestDocument(schema, known, randomFrom(seed), needsNoScope)
    const { cost, lists } = checkDocument(parseDocument(document), schema)
    costs.push(cost + lists * 10)
    const watch = watchOf(app)
    const startedAt = performance.now()
    const { data, errors } = await app.anonymous.send(document)
    const ms = performance.now() - startedAt
    const { slowest, grown } = await watch.end()
    const what = `seed ${seed}, cost ${cost}, lists ${lists}: ${Math.round(ms)} ms, ${Math.round(grown / 1e6)} MB, /healthz ${Math.round(slowest)} ms: ${document.slice(0, 4_000)}`
    if (process.env.SHOW_LARGEST) console.error(what.slice(0, 300))
    for (const { extensions, message } of errors)
      expect(['QUERY_TOO_COMPLEX', 'BAD_USER_INPUT'], `${message} ${what}`).toContain(extensions?.code)
    expect(ms, what).toBeLessThan(longest)
    expect(slowest, what).toBeLessThan(longest)
    expect(grown, what).toBeLessThan(largestGrowth)
    if (data) answered++
  }
  return { costs, answered }
}

/** Asks after the program's health all the while, and looks at its memory. */
const watchOf = ({ url }: TestApp) => {
  const before = process.memoryUsage().rss
  let [slowest, highest, isOver] = [0, before, false]
  const asking = (async () => {
    while (!isOver) {
      const startedAt = performance.now()
      const { status } = await fetch(new URL('/healthz', url))
      expect(status).toBe(200)
      slowest = Math.max(slowest, performance.now() - startedAt)
      highest = Math.max(highest, process.memoryUsage().rss)
    }
  })()
  const end = async () => {
    isOver = true
    await asking
    return { slowest, grown: highest - before }
  }
  return { end }
}
