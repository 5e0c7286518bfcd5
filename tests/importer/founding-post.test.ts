import { existsSync, globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { beforeAll, expect, test } from 'vitest'
import { EditorPostDocument, PostByDocument } from '../../schema/generated/graphql.ts'
import { withApp } from '../support/app.ts'
import { countsOf, everyRow, importFolder } from './importing.ts'

const folder = fileURLToPath(new URL('../../../shared/corpora/seed/_posts', import.meta.url))
const isHere = existsSync(folder)
const lent = withApp({ role: 'api' })

// What is expected is read from the file by other means: a line of the front matter at a time.
const [file = ''] = isHere ? globSync('*.md', { cwd: folder }) : []
const bytes = isHere ? readFileSync(`${folder}/${file}`) : Buffer.alloc(0)
const text = bytes.toString('utf8')
const line = (key: string) => new RegExp(`^${key}: '?(.*?)'?$`, 'm').exec(text)?.[1] ?? `no ${key}`
const list = (key: string) =>
  new RegExp(`^${key}:\n((?:  - .*\n)+)`, 'm')
    .exec(text)?.[1]
    ?.trim()
    .split('\n')
    .map((item) => item.replace(/^ *- /, ''))
const body = text.slice(text.indexOf('\n---\n') + '\n---\n'.length)

beforeAll(async () => {
  if (isHere) await importFolder(lent.app, 'founding', folder)
})

const skipUnlessHere = (skip: (condition: boolean, note: string) => void) =>
  skip(!isHere, 'the corpora are not beside this checkout')

test('the founding post is found by every name that it had, and has all its fields', async ({ skip }) => {
  skipUnlessHere(skip)
  const { anonymous } = lent.app
  const ways = [
    { legacyId: line('id') },
    { guid: line('guid') },
    { path: line('permalink') },
    { origin: { source: 'founding', id: line('id') } },
  ]
  const answers = await Promise.all(ways.map((by) => anonymous.run(PostByDocument, { by })))
  expect(answers.map(({ post }) => post?.legacyId)).toEqual(ways.map(() => '1290'))
  expect(new Set(answers.map(({ post }) => post?.id)).size).toBe(1)
  expect(answers[0]?.post).toMatchObject({
    title: line('title'),
    legacyId: '1290',
    guid: line('guid'),
    path: line('permalink'),
    url: `https://blog.example.com${line('permalink')}`,
    publishedAt: '2009-07-23T09:20:48+02:00',
    origin: { source: 'founding', id: '1290', path: file, dateText: line('date') },
    status: 'PUBLISHED',
    version: 1,
    author: { name: line('author') },
    layout: line('layout'),
    format: 'MARKDOWN',
    metadata: {},
  })
  expect(answers[0]?.post?.categories.map(({ name }) => name)).toEqual(list('categories'))
  expect(answers[0]?.post?.tags.map(({ name }) => name)).toEqual(list('tags'))
  expect(answers[0]?.post?.tags).toHaveLength(4)
})

test('its content is sanitised HTML with the Markdown in it rendered, its excerpt ends at the marker', async ({
  skip,
}) => {
  skipUnlessHere(skip)
  const { post } = await lent.app.anonymous.run(PostByDocument, { by: { legacyId: '1290' } })
  const content = post?.content ?? ''
  expect(content.match(/<em>/g)).toHaveLength(body.match(/(?<=[\s;])_[^_]+_/g)?.length ?? 0)
  expect(content).toMatch(/<span style="text-decoration:line-through">[^<]+<\/span>/)
  expect(content).toMatch(/<a href="[^"]+" target="_blank" rel="noopener">/)
  expect(content).not.toMatch(/&#8220;|<!--/)
  const [, title, src] = /title="(\w+)" src="([^"]+)"/.exec(body) ?? []
  expect(post?.images).toEqual([{ url: src, alt: title, title, width: 200, height: 100 }])
  expect(post?.excerptSource).toBe('MORE_MARKER')
  expect(post?.contentText.startsWith(`${post.excerpt}\n`)).toBe(true)
  const [, firstWords = ''] = /<!--more-->\s+(\w+ \w+ \w+)/.exec(body) ?? []
  expect(post?.contentText).toContain(firstWords)
  expect(post?.excerpt).not.toContain(firstWords)
})

test('its source is there byte for byte, for those with a key', async ({ skip }) => {
  skipUnlessHere(skip)
  const { post } = await lent.app.admin.run(EditorPostDocument, { by: { legacyId: '1290' } })
  expect(Buffer.from(post?.source ?? '')).toEqual(bytes.subarray(bytes.length - Buffer.byteLength(body)))
})

test('a second run changes not a single row', async ({ skip }) => {
  skipUnlessHere(skip)
  const before = await everyRow(lent.app)
  expect(before.filter((row) => row.startsWith('post_tags '))).toHaveLength(4)
  const report = await importFolder(lent.app, 'founding', folder)
  expect(countsOf(report)).toEqual({ created: 0, changed: 0, unchanged: 1, skipped: 0, failed: 0 })
  expect(await everyRow(lent.app)).toEqual(before)
})
