import { beforeAll, expect, test } from 'vitest'
import { withApp } from '../support/app.ts'
import { makeLargeBlog } from '../support/large-blog.ts'
import { largestQueries, largestWrites, press } from '../support/pressing.ts'

const lent = withApp({ role: 'api', env: { RATE_LIMIT_PER_MINUTE: '0' } })
const shape = { posts: 2_000, longPosts: 100, tags: 2_000, depth: 30 }
const seeds = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

beforeAll(() => makeLargeBlog(lent.app, shape), 600_000)

test('a hundred of the largest documents that the limits let through are each answered or refused at once', async () => {
  expect(await press(lent.app, largestQueries(lent.app, shape, seeds(100)))).toBeGreaterThan(20)
}, 1_800_000)

test('five times each mutation answers or refuses the largest input that a request has room for', async () => {
  expect(await press(lent.app, largestWrites(lent.app, shape, seeds(5)))).toBeGreaterThan(100)
}, 1_800_000)
