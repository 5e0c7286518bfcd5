import { setTimeout as pause } from 'node:timers/promises'
import { beforeAll, expect, inject, test } from 'vitest'
import {
  BackgroundJobDocument,
  DeleteTagDocument,
  MergeTagsDocument,
  UpdateAuthorDocument,
} from '../../schema/generated/graphql.ts'
import { newId } from '../../src/lib/id.ts'
import { rendererVersion } from '../../src/markup/rendered.ts'
import { expectPayload } from '../api/terms.ts'
import type { Client } from '../support/client.ts'
import { type Serving, withHome } from '../support/process.ts'
import { until } from '../support/until.ts'

const lent = withHome()

// The embedded database takes some four times as long.
const posts = inject('kind') === 'postgres' ? 100_000 : 20_000
const ids = { author: newId('author'), one: newId('tag'), other: newId('tag'), third: newId('tag') }
let key = ''

beforeAll(async () => {
  key = await lent.home.newKey()
  await lent.home.withDatabase(async (db) => {
    const times = { createdAt: new Date(0), updatedAt: new Date(0) }
    const named = (name: string) => ({ slug: name, name, nameKey: name, isPublic: true, ...times })
    await db.author.create({ data: { id: ids.author, ...named('author') } })
    for (const tag of ['one', 'other', 'third'] as const)
      await db.tag.create({ data: { id: ids[tag], ...named(tag) } })
    await db.$executeRaw`
      INSERT INTO posts (id, status, slug, path, title, title_key, source, content, content_text, excerpt_html,
        excerpt_text, excerpt_source, word_count, images, headings, renderer_version, published_at, sort_date, was_public,
        created_at, updated_at)
      SELECT 'post_' || lpad(n::text, 26, '0'), 'PUBLISHED', 'made-' || n, '/made/' || n || '/', 'Made ' || n, 'made ' || n,
        'A body.', '<p>A body.</p>', 'A body.', '<p>A body.</p>', 'A body.', 'AUTOMATIC', 2, '[]', '[]', ${rendererVersion},
        now() - n * interval '1 minute', now() - n * interval '1 minute', true, now(), now()
      FROM generate_series(1, ${posts}::int) AS n`
    await db.$executeRaw`
      INSERT INTO post_search (post_id, language, words) SELECT id, 'simple', to_tsvector('simple', title) FROM posts`
    await db.$executeRaw`
      INSERT INTO post_authors (post_id, author_id, position, status, sort_date)
      SELECT id, ${ids.author}, 0, status, sort_date FROM posts`
    for (const [index, tag] of [ids.one, ids.other, ids.third].entries())
      await db.$executeRaw`
        INSERT INTO post_tags (post_id, tag_id, position, status, sort_date)
        SELECT id, ${tag}, ${index}::int, status, sort_date FROM posts`
  })
}, 600_000)

/** Asks for `/healthz` all the time; answers how long the longest answer took when it is told to end. */
const watchHealth = (serving: Serving) => {
  let longest = 0
  let isOver = false
  const watching = (async () => {
    while (!isOver) {
      const start = performance.now()
      await fetch(new URL('/healthz', serving.url)).catch(() => undefined)
      longest = Math.max(longest, performance.now() - start)
      await pause(20)
    }
  })()
  return async () => {
    isOver = true
    await watching
    return longest
  }
}

const jobOf = async (client: Client, id: string) => {
  const { node } = await client.run(BackgroundJobDocument, { id })
  return node?.__typename === 'BackgroundJob' ? node : null
}

/** Kills the program again and again while a job goes on, and starts it again, until the job has ended. */
const survive = async (ask: (client: Client) => Promise<string>, kills: number) => {
  let serving = await lent.home.serve()
  const asked = performance.now()
  const id = await ask(serving.clientOf(key))
  const answeredMs = performance.now() - asked
  for (let kill = 0; kill < kills; kill++) {
    const before = (await jobOf(serving.clientOf(key), id))?.processed ?? 0
    await until(async () => {
      const job = await jobOf(serving.clientOf(key), id)
      return job === null || job.finishedAt !== null || job.processed > before
    }, 60_000)
    await serving.kill('SIGKILL')
    serving = await lent.home.serve()
  }
  const health = watchHealth(serving)
  const over = await until(async () => {
    const job = await jobOf(serving.clientOf(key), id)
    return job?.finishedAt ? job : null
  }, 900_000)
  const healthMs = await health()
  await serving.kill('SIGTERM')
  return { over, answeredMs, healthMs }
}

const isOver = { error: null }
// The promise is 2 s; the margin is for a loaded machine. In one transaction it would be minutes.
const soonMs = 20_000

test(`an author with ${posts} posts is renamed at once, and /healthz answers within 2 s meanwhile, with 5 kills`, {
  timeout: 1_200_000,
}, async () => {
  const input = { id: ids.author, name: 'Quetzalcoatl' }
  const { over, answeredMs, healthMs } = await survive(
    async (client) =>
      expectPayload((await client.run(UpdateAuthorDocument, { input })).updateAuthor).job?.id ?? '',
    5,
  )
  expect(over).toMatchObject(isOver)
  expect(answeredMs).toBeLessThan(soonMs)
  expect(healthMs).toBeLessThan(soonMs)
  await lent.home.withDatabase(async (db) => {
    const [row] = await db.$queryRaw<{ count: number }[]>`
      SELECT count(*)::int AS count FROM post_search WHERE words @@ to_tsquery('simple', 'quetzalcoatl')`
    expect(row?.count).toBe(posts)
  })
})

test(`tags of ${posts} posts are merged, and one is deleted, with 5 kills each`, {
  timeout: 2_400_000,
}, async () => {
  const merge = { sourceIds: [ids.one], targetId: ids.other }
  const merged = await survive(
    async (client) =>
      expectPayload((await client.run(MergeTagsDocument, { input: merge })).mergeTags).job?.id ?? '',
    5,
  )
  expect(merged.over).toMatchObject(isOver)
  expect([merged.answeredMs < 5_000, merged.healthMs < 2_000]).toEqual([true, true])
  const input = { id: ids.third, detachPosts: true }
  const deleted = await survive(
    async (client) => expectPayload((await client.run(DeleteTagDocument, { input })).deleteTag).job?.id ?? '',
    5,
  )
  expect(deleted.over).toMatchObject(isOver)
  await lent.home.withDatabase(async (db) => {
    expect(await db.postTag.groupBy({ by: ['tagId'], _count: true })).toEqual([
      { tagId: ids.other, _count: posts },
    ])
    expect(await db.tag.findMany({ select: { id: true } })).toEqual([{ id: ids.other }])
    const told = await db.event.findMany({ where: { subjectType: 'Tag' }, orderBy: { sequence: 'asc' } })
    expect(told.map(({ type }) => type)).toEqual(['tag.merged', 'tag.deleted'])
  })
})
