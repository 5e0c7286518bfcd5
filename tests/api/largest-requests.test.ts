import { beforeAll, expect, test } from 'vitest'
import { withApp } from '../support/app.ts'
import { makeLargeBlog } from '../support/large-blog.ts'
import { largestQueries, largestWrites, press } from '../support/pressing.ts'

const lent = withApp({ role: 'api', env: { RATE_LIMIT_PER_MINUTE: '0' } })
const shape = { posts: 150, longPosts: 3, tags: 200, depth: 12 }

beforeAll(() => makeLargeBlog(lent.app, shape))

test('the largest documents that the limits let through are answered or refused at once, in bounded memory', async () => {
  const requests = largestQueries(lent.app, shape, [1, 2, 3, 4, 5, 6])
  // Small documents, or none but refused ones, would prove nothing.
  expect(requests.filter(({ what }) => /cost \d{4,}|lists \d{3,}/.test(what)).length).toBeGreaterThan(3)
  expect(await press(lent.app, requests)).toBeGreaterThan(0)
}, 120_000)

test('each mutation answers or refuses the largest input that a request has room for', async () => {
  const requests = largestWrites(lent.app, shape, [1])
  expect(requests.length).toBeGreaterThan(30)
  expect(await press(lent.app, requests)).toBeGreaterThan(20)
}, 120_000)
