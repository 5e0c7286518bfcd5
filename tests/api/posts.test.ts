import { beforeAll, expect, test } from 'vitest'
import { CategoryTreeDocument, LatestPostsDocument } from '../../schema/generated/graphql.ts'
import { withApp } from '../support/app.ts'
import { importSample } from '../support/sample.ts'

const lent = withApp({ role: 'api' })

beforeAll(async () => {
  await importSample(lent.app)
})

test('20 posts with authors, categories and tags take at most 5 SQL statements', async () => {
  const { app } = lent
  const { result, statements } = await app.countStatements(() =>
    app.anonymous.run(LatestPostsDocument, { first: 20 }),
  )
  expect(result.posts.nodes).toHaveLength(13)
  expect(statements.length, statements.join('\n')).toBeLessThanOrEqual(5)
})

test('categories with the newest posts of each, their authors and tags take at most 9 statements with counts and trees', async () => {
  const { app } = lent
  const { result, statements } = await app.countStatements(() =>
    app.anonymous.run(CategoryTreeDocument, { first: 10, posts: 5 }),
  )
  expect(result.categories.nodes.length).toBeGreaterThan(3)
  expect(statements.length, statements.join('\n')).toBeLessThanOrEqual(9)
})
