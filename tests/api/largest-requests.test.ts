import { beforeAll, expect, test } from 'vitest'
import { withApp } from '../support/app.ts'
import { makeLargeBlog } from '../support/large-blog.ts'
import { press } from '../support/pressing.ts'

const lent = withApp({ role: 'api', env: { RATE_LIMIT_PER_MINUTE: '0' } })
const shape = { posts: 150, longPosts: 3, tags: 200, depth: 12 }

beforeAll(() => makeLargeBlog(lent.app, shape))

test('the largest requests that the limits let through are answered or refused at once, in bounded memory', async () => {
  const { costs, answered } = await press(lent.app, shape, [1, 2, 3])
  // Small documents, or none but refused ones, would prove nothing.
  expect(Math.max(...costs)).toBeGreaterThan(5_000)
  expect(answered).toBeGreaterThan(0)
}, 120_000)
