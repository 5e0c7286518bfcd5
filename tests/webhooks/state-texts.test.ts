import { beforeAll, expect, test } from 'vitest'
import type { UpdatePostInput } from '../../schema/generated/graphql.ts'
import { withApp } from '../support/app.ts'
import type { Client } from '../support/client.ts'
import { publish, save, saveNew, unpublish } from './writing.ts'

const lent = withApp({ env: { EVENT_RETENTION_DAYS: '1' } })
const hourMs = 60 * 60 * 1_000
let reader: Client

beforeAll(async () => {
  reader = await lent.app.clientWith('CONTENT_READ')
})

const fields = `title status version slug source excerptSource metadata layout wordCount content text: content(format: TEXT)
  markdown: content(format: MARKDOWN) excerpt html: excerpt(format: HTML) images { url alt } headings { level id text }
  publishedAt updatedAt tags { slug } seo { title noindex }`

const postNow = async (id: string) => {
  const { data } = await reader.send<{ post: object }>(
    `query ($id: ID!) { post(by: { id: $id }) { ${fields} } }`,
    { id },
  )
  return data?.post
}

const before = async (id: string, client = reader, what = fields) => {
  const { data, errors } = await client.send<{ changes: { nodes: { postId: string; before: object }[] } }>(
    `{ changes(first: 100) { nodes { ... on PostEvent { postId before { ${what} } } } } }`,
  )
  expect(errors).toEqual([])
  return (data?.changes.nodes ?? []).filter(({ postId }) => postId === id).map((event) => event.before)
}

// Words that come from nowhere: what compresses to nothing would prove nothing.
let seed = 7
const next = () => {
  seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31
  return seed
}
const words = (count: number) =>
  Array.from({ length: count }, (_, index) => next().toString(36) + (index % 40 === 39 ? '\n\n' : '')).join(
    ' ',
  )
const inserted = (text: string, what: string) => {
  const at = next() % text.length
  return `${text.slice(0, at)}${what}${text.slice(at)}`
}

test('every event tells of a post as it was right before it, letter by letter, whatever was edited', {
  timeout: 60_000,
}, async () => {
  const { admin, database } = lent.app
  let source = words(600)
  const id = await saveNew(admin, 'Letter by letter', { source, metadata: { z: 1, a: [1.5, null] } })
  const expected: unknown[] = [null]
  const change = async (work: () => Promise<unknown>) => {
    expected.push(await postNow(id))
    await work()
  }
  const edit = (input: Omit<UpdatePostInput, 'id'>) => change(() => save(admin, { id, ...input }))
  const write = (text: string, input: Omit<UpdatePostInput, 'id'> = {}) => {
    source = text
    return edit({ source, ...input })
  }
  await edit({ metadata: { a: 1, z: { y: '"\\', b: '\u2028' } } })
  await write(inserted(source, ' 👩‍👩‍👧 naïve '))
  await write(inserted(source, '\n\n## A heading\n\n![alt](/a.png)\n\n'), { tags: ['a', 'b'] })
  await edit({ excerpt: 'By hand <3' })
  await write(source.slice(300), { excerpt: null })
  await write(words(20), { title: 'All anew' })
  await write(inserted(words(800), '<b>bold</b>'), { format: 'HTML' })
  await edit({ seo: { title: 'For engines', noindex: true }, layout: 'wide' })
  await change(() => publish(admin, id))
  await write(inserted(source, ' pending '))
  await change(() => publish(admin, id))
  await change(() => unpublish(admin, id))
  for (let number = 0; number < 12; number++) await write(inserted(source, ` typed ${number} `))

  expect(await before(id)).toEqual(expected)
  // Nobody without the scope gets more of it than what was public last.
  expect(
    new Set((await before(id, lent.app.anonymous, 'status')).map((post) => JSON.stringify(post))),
  ).toEqual(new Set(['null', '{"status":"PUBLISHED"}']))
  const kept = await database.db.stateText.findMany({ where: { subjectId: id } })
  const bytes = kept.reduce((sum, { data }) => sum + data.length, 0)
  expect(kept.length).toBeLessThan(expected.length)
  expect(bytes).toBeLessThan(JSON.stringify(expected).length / 5)
})

test('what an event refers to is kept while it is, also when the text that it builds upon is older; then nothing is', async () => {
  const { admin, clock, database, worker } = lent.app
  const id = await saveNew(admin, 'Growing old', { source: words(500) })
  await save(admin, { id, layout: 'first' })
  clock.advance(11 * hourMs)
  await save(admin, { id, source: `${words(500)} and more` })
  await save(admin, { id, layout: 'second' })
  const expected = (await before(id)).slice(2)
  expect(await database.db.stateText.count({ where: { subjectId: id } })).toBe(2)

  clock.advance(14 * hourMs)
  await worker?.prune()
  expect(await before(id)).toEqual(expected)
  clock.advance(11 * hourMs)
  await worker?.prune()
  expect(await database.db.event.count()).toBe(0)
  expect(await database.db.stateText.count()).toBe(0)
})
