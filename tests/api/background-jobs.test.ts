import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  BackgroundJobDocument,
  type BackgroundJobQuery,
  DeleteAuthorDocument,
  DeleteTagDocument,
  MergeCategoriesDocument,
  MergeTagsDocument,
  SearchDocument,
  UpdateAuthorDocument,
  UpdateTagDocument,
} from '../../schema/generated/graphql.ts'
import { createJobs } from '../../src/jobs/run.ts'
import { rendererVersion } from '../../src/markup/rendered.ts'
import { linkSteps } from '../../src/posts/background/link-jobs.ts'
import { startUpkeep } from '../../src/posts/background/upkeep.ts'
import { indexMissing } from '../../src/search/reindex.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { makePosts } from '../support/posts.ts'
import { until } from '../support/until.ts'
import { eventsAbout, expectPayload, leadsTo } from './terms.ts'

// More than one transaction takes at once.
const count = 550

/** Without a worker: the test says when the jobs begin. */
let app: TestApp
let end = async () => {}
const errors: unknown[] = []
beforeAll(async () => {
  const started = await startTestApp({ role: 'api' })
  app = started.app
  end = started.end
  await makePosts(app, { count })
  await fileAll()
  await indexMissing(app.database.db, 'simple')
})
afterAll(() => end())

/** Files every post under the first authors, categories and tags. */
const fileAll = async () => {
  for (const [table, key, of] of [
    ['post_authors', 'author_id', 'authors'],
    ['post_categories', 'category_id', 'categories'],
    ['post_tags', 'tag_id', 'tags'],
  ])
    await app.database.runScript(`
      INSERT INTO ${table} (post_id, status, sort_date, ${key}, position)
      SELECT posts.id, status, sort_date, named.id, 9 FROM posts, ${of} named
      WHERE named.slug < '${of === 'categories' ? 'category' : of?.slice(0, -1)}-07' ON CONFLICT DO NOTHING`)
}

const jobs = () =>
  createJobs({
    db: app.database.db,
    write: app.core.write,
    steps: linkSteps,
    onError: (error) => errors.push(error),
  })

const look = async (id: string, client = app.admin) =>
  (await client.run(BackgroundJobDocument, { id })).node as Extract<
    BackgroundJobQuery['node'],
    { kind: string }
  > | null

/** Does what waits, until the job is over. */
const finish = async (id: string) => {
  const running = jobs()
  const over = await until(async () => {
    running.wake()
    const job = await look(id)
    return job?.finishedAt ? job : null
  })
  await running.stop()
  expect(errors).toEqual([])
  return over
}

const author = (slug: string) => app.database.db.author.findUniqueOrThrow({ where: { slug } })
const tag = (slug: string) => app.database.db.tag.findUniqueOrThrow({ where: { slug } })
const category = (slug: string) => app.database.db.category.findUniqueOrThrow({ where: { slug } })
const found = async (query: string) => (await app.anonymous.run(SearchDocument, { query })).search.totalCount

describe('for more posts than fit one transaction', () => {
  test('a rename is there at once and told at once; posts are found by it when its job has ended', async () => {
    const { id } = await author('author-01')
    const posts = await app.database.db.postAuthor.count({ where: { authorId: id } })
    const { updateAuthor } = await app.admin.run(UpdateAuthorDocument, { input: { id, name: 'Zebedee' } })
    const { event, job, author: renamed } = expectPayload(updateAuthor)
    expect(renamed.name).toBe('Zebedee')
    expect(event?.type).toBe('AUTHOR_UPDATED')
    const over = await finish(job?.id ?? '')
    expect(over).toMatchObject({ kind: 'RENAME', subjectId: id, processed: posts, total: posts, error: null })
    expect(await found('zebedee')).toBe(posts)
  })

  test('a deletion takes the author off all posts, and then deletes and tells', async () => {
    const { id } = await author('author-02')
    const { deleteAuthor } = await app.admin.run(DeleteAuthorDocument, { input: { id, detachPosts: true } })
    const { deletedId, event, job } = expectPayload(deleteAuthor)
    expect([deletedId, event]).toEqual([id, null])
    await finish(job?.id ?? '')
    expect(await app.database.db.author.findUnique({ where: { id } })).toBeNull()
    expect(await app.database.db.postAuthor.count({ where: { authorId: id } })).toBe(0)
    expect(await eventsAbout(app, id)).toEqual(['author.deleted'])
    expect(await leadsTo(app, '/author/author-02/')).toBe('gone')
  })

  test('a merge of tags files every post once, redirects, and tells once', async () => {
    const [from, to] = [await tag('tag-01'), await tag('tag-02')]
    const union = await app.database.db.post.count({
      where: { tags: { some: { tagId: { in: [from.id, to.id] } } } },
    })
    const input = { sourceIds: [from.id], targetId: to.id }
    const { mergeTags } = await app.admin.run(MergeTagsDocument, { input })
    const { event, job } = expectPayload(mergeTags)
    expect(event).toBeNull()
    await finish(job?.id ?? '')
    expect(await app.database.db.postTag.count({ where: { tagId: to.id } })).toBe(union)
    expect(await app.database.db.tag.findUnique({ where: { id: from.id } })).toBeNull()
    expect(await leadsTo(app, '/tag/tag-01/')).toBe(to.id)
    expect(await eventsAbout(app, to.id)).toEqual(['tag.merged'])
  })

  test('a merge of categories does, too', async () => {
    const [one, other, to] = [
      await category('category-01'),
      await category('category-02'),
      await category('category-03'),
    ]
    const input = { sourceIds: [one.id, other.id], targetId: to.id }
    const { mergeCategories } = await app.admin.run(MergeCategoriesDocument, { input })
    await finish(expectPayload(mergeCategories).job?.id ?? '')
    const left = await app.database.db.postCategory.count({
      where: { categoryId: { in: [one.id, other.id] } },
    })
    expect(left).toBe(0)
    expect(await eventsAbout(app, to.id)).toEqual(['category.merged'])
  })
})

describe('a job', () => {
  test('goes on where it stopped, and is done once by two that take part', async () => {
    const { id } = await tag('tag-03')
    const { updateTag } = await app.admin.run(UpdateTagDocument, { input: { id, name: 'Quagga' } })
    const jobId = expectPayload(updateTag).job?.id ?? ''
    const first = jobs()
    first.wake()
    await until(async () => ((await look(jobId))?.processed ?? 0) > 0)
    await first.stop()
    const stopped = await look(jobId)
    expect(stopped?.processed).toBeLessThan(stopped?.total ?? 0)
    const [second, third] = [jobs(), jobs()]
    second.wake()
    third.wake()
    const over = await until(async () => {
      second.wake()
      third.wake()
      const job = await look(jobId)
      return job?.finishedAt ? job : null
    })
    await Promise.all([second.stop(), third.stop()])
    expect(over.processed).toBe(over.total)
    expect(await found('quagga')).toBe(over.total)
  })

  test('ends with a reason when what it is about has gone, and others go on', async () => {
    const [from, to, other] = [await tag('tag-04'), await tag('tag-05'), await tag('tag-06')]
    const merge = { sourceIds: [from.id], targetId: to.id }
    const { mergeTags } = await app.admin.run(MergeTagsDocument, { input: merge })
    const { deleteTag } = await app.admin.run(DeleteTagDocument, { input: { id: to.id, detachPosts: true } })
    const { updateTag } = await app.admin.run(UpdateTagDocument, { input: { id: other.id, name: 'Okapi' } })
    await app.database.db.backgroundJob.update({
      where: { id: expectPayload(mergeTags).job?.id },
      data: { createdAt: new Date('2100-01-01') },
    })
    await finish(expectPayload(deleteTag).job?.id ?? '')
    await finish(expectPayload(updateTag).job?.id ?? '')
    const over = await finish(expectPayload(mergeTags).job?.id ?? '')
    expect(over.error).toMatch(/^There is no tag with the id/)
    expect(await tag('tag-04')).toMatchObject({ name: from.name })
  })

  test('is the same one when the same is asked for again meanwhile', async () => {
    const { id } = await author('author-03')
    const ask = async (name: string) =>
      expectPayload((await app.admin.run(UpdateAuthorDocument, { input: { id, name } })).updateAuthor).job?.id
    const first = await ask('Gnu')
    expect(await ask('Eland')).toBe(first)
    await finish(first ?? '')
    expect([await found('gnu'), (await found('eland')) > 0]).toEqual([0, true])
  })

  test('is nobody’s business without content:read', async () => {
    const { id } = await author('author-04')
    const { updateAuthor } = await app.admin.run(UpdateAuthorDocument, { input: { id, name: 'Kudu' } })
    const jobId = expectPayload(updateAuthor).job?.id ?? ''
    expect(await look(jobId, app.anonymous)).toBeNull()
    const metrics = await (await fetch(new URL('/metrics', app.url))).text()
    expect(metrics).toMatch(/presswire_background_posts_remaining\{work="rename"\} [1-9]/)
    await finish(jobId)
  })
})

test('what an older version made of posts is made anew while they are read, and progress can be seen', async () => {
  const { db } = app.database
  const posts = await db.post.findMany({ take: 50, select: { id: true } })
  const ids = posts.map(({ id }) => id)
  await db.post.updateMany({ data: { rendererVersion } })
  await db.post.updateMany({ where: { id: { in: ids } }, data: { rendererVersion: 0, content: '' } })
  await db.postSearch.updateMany({ where: { postId: { in: ids } }, data: { language: 'english' } })
  const lines: object[] = []
  const log = { info: (fields: object) => void lines.push(fields), warn: () => {}, error: () => {} }
  const upkeep = startUpkeep({
    db,
    renderPost: app.core.renderPost,
    language: 'simple',
    log,
    onError: (error) => errors.push(error),
  })
  await until(() => lines.length === 2)
  expect(lines).toEqual([
    { render: 50, index: 50 },
    { rendered: 50, indexed: 50 },
  ])
  expect(upkeep.outdated()).toEqual({ render: 0, index: 0 })
  await upkeep.stop()
  expect(await db.post.count({ where: { content: '' } })).toBe(0)
  expect(errors).toEqual([])
})
