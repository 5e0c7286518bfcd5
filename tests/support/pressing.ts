import { createHash } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'vitest'
import { checkDocument, parseDocument } from '../../src/graphql/limits/limits.ts'
import { schema } from '../../src/graphql/schema.ts'
import { randomFrom } from '../api/filter-model.ts'
import type { TestApp } from './app.ts'
import type { Client } from './client.ts'
import type { BlogShape } from './large-blog.ts'
import { largestMutations } from './largest-inputs.ts'
import { type Known, largestDocument } from './largest-requests.ts'

/**
 * The promise for a machine of its own. One that others share is as much slower as it takes longer over a piece of work than it
 * computes for it, which is measured before and after each request; twice as much again is left for what that does not see,
 * such as others who keep the memory busy. What is not bounded takes minutes.
 */
const longestMs = 2_000 * 2
const largestGrowth = 200_000_000

/** One of the largest requests. `what` says which, should it be too slow. */
export type Pressing = { what: string; document: string; variables?: object; client: Client }

/** The largest documents of a caller without a key, one for each seed. */
export const largestQueries = (app: TestApp, shape: BlogShape, seeds: number[]): Pressing[] => {
  const needsNoScope = ({ description }: { description?: string | null | undefined }) =>
    !/Needs [a-z]+:/.test(description ?? '')
  return seeds.map((seed) => {
    const document = largestDocument(schema, knownOf(shape), randomFrom(seed), needsNoScope)
    const { cost, lists } = checkDocument(parseDocument(document), schema)
    return { what: `seed ${seed}, cost ${cost}, lists ${lists}`, document, client: app.anonymous }
  })
}

/** Each mutation with the largest input of a key with all scopes, once for each seed. */
export const largestWrites = (app: TestApp, shape: BlogShape, seeds: number[]): Pressing[] =>
  seeds.flatMap((seed) =>
    largestMutations(schema, knownOf(shape), randomFrom(seed)).map(({ name, ...request }) => ({
      what: `seed ${seed}, ${name} of ${JSON.stringify(request.variables).length} bytes`,
      ...request,
      client: app.admin,
    })),
  )

/**
 * Sends requests one after the other, and expects of each that it is answered or refused in time, in bounded memory, with
 * /healthz answering meanwhile. Returns how many were answered, for a test of the test.
 */
export const press = async (app: TestApp, requests: Pressing[]): Promise<number> => {
  let answered = 0
  for (const { what: name, document, variables, client } of requests) {
    const before = slownessNow()
    const watch = watchOf(app)
    const startedAt = performance.now()
    const { data, errors } = await client.send(document, variables)
    const ms = performance.now() - startedAt
    const { slowest, grown } = await watch.end()
    const slowness = Math.max(before, slownessNow())
    const what = `${name}: ${Math.round(ms)} ms, ${Math.round(grown / 1e6)} MB, /healthz ${Math.round(slowest)} ms, slowness ${slowness.toFixed(1)}, ${errors[0]?.extensions?.code ?? JSON.stringify(data).slice(0, 80)}`
    if (process.env.SHOW_LARGEST) console.error(what)
    const whole = `${what}: ${document.slice(0, 4_000)}`
    for (const { extensions, message } of errors)
      expect(['QUERY_TOO_COMPLEX', 'BAD_USER_INPUT', 'PAGE_SIZE_EXCEEDED'], `${message} ${whole}`).toContain(
        extensions?.code,
      )
    expect(ms, whole).toBeLessThan(longestMs * slowness)
    expect(slowest, whole).toBeLessThan(longestMs * slowness)
    expect(grown, whole).toBeLessThan(largestGrowth)
    if (data) answered++
  }
  return answered
}

/** How many times longer something takes than it computes, since others compute as well: 1 on a machine of its own. */
export const slownessNow = (): number => {
  const cpuBefore = process.cpuUsage()
  const startedAt = performance.now()
  const hash = createHash('sha256')
  for (let round = 0; round < 300; round++) hash.update(block)
  hash.digest()
  const { user, system } = process.cpuUsage(cpuBefore)
  return Math.max(1, (performance.now() - startedAt) / ((user + system) / 1_000))
}

const block = Buffer.alloc(100_000)

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
      await pause(10)
    }
  })()
  const end = async () => {
    isOver = true
    await asking
    return { slowest, grown: highest - before }
  }
  return { end }
}

export const knownOf = ({ posts, tags, depth }: BlogShape): Known => {
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
