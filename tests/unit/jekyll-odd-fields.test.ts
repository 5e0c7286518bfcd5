import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ImportEntry } from '../../src/importer/entry.ts'
import { readFrontMatter } from '../../src/importer/sources/front-matter/front-matter.ts'
import { jekyllPost } from '../../src/importer/sources/jekyll/post.ts'

const site = { defaults: [], collectionsDir: '', author: null, authors: new Map() }
const clock = { now: new Date('2026-01-01T00:00:00Z'), timezone: 'UTC' }

/** The post that a file with this front matter gives, and what is said about it. */
const read = (yaml: string) => {
  const file = '_posts/2010-02-03-x.md'
  const { frontMatter } = readFrontMatter(Buffer.from(`---\n${yaml}\n---\nThe body.\n`), file)
  const entries: ImportEntry[] = frontMatter
    ? jekyllPost({ file, sitePath: file, isDraft: false }, frontMatter, site, clock)
    : []
  const posts = entries.flatMap((entry) => (entry.kind === 'post' ? [entry.post] : []))
  const findings = entries.flatMap((entry) => (entry.kind === 'finding' ? [entry.finding] : []))
  return { post: posts[0], findings }
}

describe('an optional field of an odd shape loses no post: it is kept as metadata, and told', () => {
  it.each([
    'title: [a, b]',
    'tags: {a: b}',
    'tags: [a, [b]]',
    'categories: [{a: b}]',
    'noindex: maybe',
    'author: {twitter: x}',
    'authors: [[{twitter: x}]]',
    'image: {feature: a.jpg, thumb: b.jpg}',
    'image: [a, b]',
    'permalink: [/a/]',
    'slug: {a: b}',
    'excerpt: {a: b}',
    'description: [a]',
    'layout: [a]',
    'canonical_url: [a]',
    'redirect_from: {a: b}',
    'id: [a]',
    'guid: {a: b}',
    'last_modified_at: yesterday',
    'published: 2009-03-06',
  ])('%s', (yaml) => {
    const { post, findings } = read(`layout_: 1\n${yaml}`)
    expect(post).toMatchObject({ slug: 'x', status: 'PUBLISHED', title: 'X', source: 'The body.\n' })
    expect(Object.keys(post?.metadata ?? {})).toEqual(['layout_', yaml.slice(0, yaml.indexOf(':'))])
    expect(findings).toMatchObject([{ line: 3, severity: 'warning' }])
    expect(findings[0]?.message).toMatch(/kept as metadata|must be/)
  })

  it.each([
    ['yes', true],
    ['on', true],
    ['"true"', true],
    ['no', false],
    ['off', false],
    ['False', false],
    ['"false"', false],
    ['"NO"', false],
  ])('a flag may be written %s', (written, flag) => {
    expect(read(`noindex: ${written}`)).toMatchObject({ post: { seo: { noindex: flag } }, findings: [] })
    expect(read(`published: ${written}`)).toMatchObject({
      post: { status: flag ? 'PUBLISHED' : 'DRAFT' },
      findings: [],
    })
    expect(read(`draft: ${written}`)).toMatchObject({
      post: { status: flag ? 'DRAFT' : 'PUBLISHED' },
      findings: [],
    })
  })

  it.each([
    ['{display_name: Jane Roe, login: jane, email: jane@example.org, url: ""}', 'Jane Roe', 'jane'],
    [
      '{login: jane, email: j@example.org, display_name: "", first_name: Jane, last_name: Roe}',
      'Jane Roe',
      'jane',
    ],
    ['[{login: jane, email: jane@example.org}]', 'jane', 'jane'],
    ['{nickname: Janie}', 'Janie', undefined],
    ['{title: Dr Roe, username: roe}', 'Dr Roe', 'roe'],
    ['{full_name: Jane Roe}', 'Jane Roe', undefined],
    ['"Jane Roe <jane@example.org>"', 'Jane Roe', undefined],
    ['jane.roe@example.org', 'jane.roe', undefined],
    ['{name: jane@example.org, login: jane@example.org}', 'jane', 'jane'],
    ['{name: {first: Jane}, nickname: Jane}', 'Jane', undefined],
  ])('author: %s is %s, and no address is told', (author, name, slug) => {
    for (const key of ['author', 'authors']) {
      const { post } = read(`${key}: ${author}`)
      expect(post?.authors).toEqual([{ name, ...(slug !== undefined && { slug }) }])
      expect(JSON.stringify([post?.authors, post?.metadata])).not.toContain('example')
    }
  })
})

const optional = [
  ...['title', 'slug', 'permalink', 'last_modified_at', 'modified', 'published', 'draft', 'status', 'author'],
  ...[
    'authors',
    'category',
    'categories',
    'tag',
    'tags',
    'layout',
    'excerpt',
    'image',
    'image_alt',
    'guid',
    'id',
  ],
  ...[
    'description',
    'canonical_url',
    'noindex',
    'redirect_from',
    'visibility',
    'expiryDate',
    'type',
    'build',
    'own',
  ],
]
const scalar = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    false,
    'yes',
    'no',
    'false',
    '',
    'private',
    'page',
    '2099-01-01',
    'a@b.org',
  ),
  fc.string({ unit: 'grapheme', maxLength: 12 }).filter((text) => !text.includes('\0')),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
)
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { weight: 3, arbitrary: scalar },
    { weight: 1, arbitrary: fc.array(tie('any'), { maxLength: 3 }) },
    {
      weight: 1,
      arbitrary: fc.dictionary(
        fc.constantFrom('name', 'email', 'path', 'url', 'slug', 'render', 'x'),
        tie('any'),
      ),
    },
  ),
})).any
const frontMatter = fc.dictionary(fc.constantFrom(...optional), value, { maxKeys: 4 })

it('whatever is in the optional fields, there is a post, and it is public only where nothing hides it', () => {
  const off = [false, null, 'no', 'false', '', []]
  fc.assert(
    fc.property(frontMatter, (data) => {
      const { post, findings } = read(JSON.stringify(data))
      expect(post).toBeDefined()
      expect(findings.filter(({ severity }) => severity === 'error')).toEqual([])
      if (post?.status !== 'PUBLISHED') return
      if ('published' in data) expect([true, 'yes', 1]).toContain(data.published)
      if ('draft' in data) expect([...off, 0]).toContainEqual(data.draft)
      if ('visibility' in data) expect([null, '']).toContain(data.visibility)
      if ('status' in data) expect([null, '']).toContain(data.status)
      expect(data.type).not.toBe('page')
    }),
    { numRuns: 500 },
  )
})
