import { beforeAll, expect, test } from 'vitest'
import { withApp } from '../support/app.ts'
import { makeLargeBlog } from '../support/large-blog.ts'
import { press } from '../support/pressing.ts'

const lent = withApp({ role: 'api', env: { RATE_LIMIT_PER_MINUTE: '0' } })
const shape = { posts: 2_000, longPosts: 100, tags: 2_000, depth: 30 }

beforeAll(() => makeLargeBlog(lent.app, shape), 600_000)

test('a hundred of the largest requests that the limits let through are each answered or refused at once', async () => {
  const { costs, answered } = await press(
    lent.app,
    shape,
    Array.from({ length: 100 }, (_, index) => index + 1),
  )
  expect(costs.filter((cost) => cost > 5_000).length).toBeGreaterThan(20)
  expect(answered).toBeGreaterThan(20)
}, 1_800_000)
