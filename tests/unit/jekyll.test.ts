import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { ImportedPost, ImportFinding } from '../../src/importer/entry.ts'
import { folderOf, readFiles, readFolder } from '../support/jekyll.ts'

/** One post with this front matter, in a file that has a date in its name. */
const readPost = async (
  yaml: string,
  body = '',
): Promise<Partial<ImportedPost> & { findings: ImportFinding[] }> => {
  const { posts, findings } = await readFiles({
    '_posts/2010-02-03-from-the-name.md': `---\n${yaml}\n---\n${body}`,
  })
  return { ...posts[0], findings }
}

describe('the fields of a post', () => {
  it('of a WordPress export come through, with what has no field as metadata in the written order', async () => {
    const { posts, findings } = await readFiles({
      '_posts/2009-07-23-a-post.md': [
        '---',
        'id: 0042',
        "title: 'AT&amp;T <em>moves</em>'",
        'zebra: 1.10',
        'date: 2009-07-23T09:20:48+02:00',
        'modified: 2010-01-02 03:04:05 +0100',
        'author: Ann Other',
        'layout: post',
        'guid: https://old.example.com/?p=42',
        'permalink: /2009/07/a-post/',
        'categories: [News, "R&amp;D"]',
        'tags:',
        '  - two words',
        '  - 2009',
        'excerpt: "By _hand_"',
        'description: Short &amp; sweet',
        'canonical_url: https://example.com/a',
        'noindex: true',
        'image: {path: /a.png, alt: An a}',
        'redirect_from: [/old/, "caf%C3%A9/", https://old.example.com/older/]',
        'apple: {deep: [1, null]}',
        '---',
        ' body\r\n',
      ].join('\n'),
    })
    expect(findings).toEqual([])
    expect(posts).toEqual([
      {
        file: '_posts/2009-07-23-a-post.md',
        line: 23,
        sourceId: '0042',
        legacyId: '0042',
        guid: 'https://old.example.com/?p=42',
        title: 'AT&T moves',
        slug: 'a-post',
        path: '/2009/07/a-post/',
        date: {
          instant: new Date('2009-07-23T07:20:48Z'),
          offsetMinutes: 120,
          text: '2009-07-23T09:20:48+02:00',
        },
        updated: {
          instant: new Date('2010-01-02T02:04:05Z'),
          offsetMinutes: 60,
          text: '2010-01-02 03:04:05 +0100',
        },
        status: 'PUBLISHED',
        authors: [{ name: 'Ann Other' }],
        categories: ['News', 'R&D'],
        tags: ['two words', '2009'],
        layout: 'post',
        excerpt: 'By _hand_',
        source: ' body\r\n',
        format: 'MARKDOWN',
        dialect: 'JEKYLL',
        coverImage: { url: '/a.png', alt: 'An a' },
        seo: { description: 'Short & sweet', canonicalUrl: 'https://example.com/a', noindex: true },
        frontMatter: expect.stringMatching(/^id: 0042\n.*null\]\}\n$/s),
        redirectFrom: ['/old/', '/café/', '/older/'],
        metadata: { zebra: '1.10', apple: { deep: [1, null] } },
      },
    ])
    expect(Object.keys(posts[0]?.metadata ?? {})).toEqual(['zebra', 'apple'])
  })

  it('fall back on the file name: date at midnight, slug and title', async () => {
    expect(await readPost('layout: post')).toMatchObject({
      title: 'From The Name',
      slug: 'from-the-name',
      path: null,
      date: { instant: new Date('2010-02-02T23:00:00Z'), offsetMinutes: 60, text: '2010-02-03' },
      seo: null,
      coverImage: null,
    })
  })

  it.each([
    ['2010-02-03-a_day_-_x.html', 'a_day_-_x', 'HTML'],
    ['2010-2-3-Upper Case.MD', 'upper-case', 'MARKDOWN'],
    ['2010-02-03-été.markdown', 'été', 'MARKDOWN'],
  ])('of the file %s are the slug %s and the format %s', async (file, slug, format) => {
    const { posts } = await readFiles({ [file]: '---\n---\n' })
    expect(posts).toMatchObject([{ slug, format }])
  })

  it.each([
    ['categories: one two', ['one', 'two']],
    ['categories: one two, three', ['one two', 'three']],
    ['category: one two', ['one two']],
    ['category: one\ncategories: [two, one]', ['one', 'two']],
    ['categories: [a b, null, ""]', ['a b']],
    ['categories:', []],
  ])('%j are the categories %j', async (yaml, categories) => {
    expect(await readPost(yaml)).toMatchObject({ categories, findings: [] })
    expect(await readPost(yaml.replaceAll('categories', 'tags').replaceAll('category', 'tag'))).toMatchObject(
      {
        tags: categories,
      },
    )
  })

  it.each([
    ['author: Ann, Ph.D.', [{ name: 'Ann, Ph.D.' }]],
    ['author: Ann\nauthors: [Bob, Ann]', [{ name: 'Ann' }, { name: 'Bob' }]],
    ['authors:\n- name: Ann\n  slug: ann\n- Bob', [{ slug: 'ann', name: 'Ann' }, { name: 'Bob' }]],
    ['author: {slug: ann}', [{ slug: 'ann', name: 'ann' }]],
    ['author:', []],
  ])('%j are the authors %j', async (yaml, authors) => {
    expect(await readPost(yaml)).toMatchObject({ authors, findings: [], metadata: {} })
  })

  it('that hold more than their field does are kept as metadata, too', async () => {
    expect(
      await readPost('author: {name: Ann, mastodon: "@a"}\nimage: {path: /a.png, width: 20}'),
    ).toMatchObject({
      authors: [{ name: 'Ann' }],
      coverImage: { url: '/a.png', alt: null },
      metadata: { author: { name: 'Ann', mastodon: '@a' }, image: { path: '/a.png', width: 20 } },
    })
  })

  it.each([
    ['image: /a.png\nimage_alt: An a', { url: '/a.png', alt: 'An a' }],
    ['image: {url: /a.png, alt: ""}', { url: '/a.png', alt: '' }],
    ['image: false', null],
  ])('%j is the cover image %j', async (yaml, coverImage) => {
    expect(await readPost(yaml)).toMatchObject({ coverImage, metadata: {} })
  })

  it.each([
    ['permalink: about/us/', '/about/us/'],
    ['permalink: https://old.example.com/a/b.html', '/a/b.html'],
    ['permalink: /%d7%a9%d7%9c/', '/של/'],
    ['permalink: /100%/', '/100%/'],
    ['permalink: /e%CC%81te%CC%81/', '/\u00e9t\u00e9/'],
  ])('%j is the path %s', async (yaml, path) => {
    expect(await readPost(yaml)).toMatchObject({ path, findings: [] })
  })

  it.each(['pretty', '/:categories/:title/', '/?p=12', '/a/../b/', '"/{{ page.date }}/"'])(
    'permalink: %s is no path of a post: a warning says so, and the metadata keeps it',
    async (permalink) => {
      const { path, metadata, findings } = await readPost(`a: 1\npermalink: ${permalink}`)
      expect(path).toBeNull()
      expect(Object.keys(metadata ?? {})).toEqual(['a', 'permalink'])
      expect(findings).toMatchObject([{ rule: 'permalink-unusable', line: 3, severity: 'warning' }])
    },
  )

  it('a slug that cannot be one is made into one, with a warning', async () => {
    const { slug, findings } = await readPost('slug: Two Words')
    expect(slug).toBe('two-words')
    expect(findings).toMatchObject([{ rule: 'slug-rewritten', line: 2, severity: 'warning' }])
  })
})

describe('what is not public stays a draft', () => {
  it.each(['published: false', 'draft: true', 'status: private', 'status: draft', 'status: Pending'])(
    '%s',
    async (yaml) => {
      expect(await readPost(yaml)).toMatchObject({ status: 'DRAFT', findings: [] })
    },
  )

  it.each(['published: true', 'status: publish', 'status:', 'draft: false'])(
    'but not with %s',
    async (yaml) => {
      expect(await readPost(yaml)).toMatchObject({ status: 'PUBLISHED' })
    },
  )

  it('a file in _drafts, at any depth, with or without a date, whatever it says itself', async () => {
    const { posts, findings } = await readFiles({
      '_drafts/no-date.md': '---\npublished: true\n---\n',
      '_drafts/deep/2020-01-02-dated.md': '---\n---\n',
      'blog/_drafts/x.html': '---\n---\n',
    })
    expect(findings).toEqual([])
    expect(posts.map(({ file, status, slug, date }) => [file, status, slug, date?.text])).toEqual([
      ['_drafts/deep/2020-01-02-dated.md', 'DRAFT', 'dated', '2020-01-02'],
      ['_drafts/no-date.md', 'DRAFT', 'no-date', undefined],
      ['blog/_drafts/x.html', 'DRAFT', 'x', undefined],
    ])
  })

  it('a folder that is some site’s _drafts', async () => {
    const folder = await folderOf({ '_drafts/a.md': '---\n---\n' })
    expect((await readFolder(join(folder, '_drafts'))).posts).toMatchObject([
      { file: 'a.md', status: 'DRAFT' },
    ])
  })
})

describe('a wrong date keeps the post out, and is told by file, line and rule', () => {
  it.each([
    ['date: [2009-01-01]', 'field-type'],
    ['date: 2009-02-30', 'date-invalid'],
    ['date: 2023-01-29 18:30:22 2023 -0800', 'date-invalid'],
    ['date: 1248333648', 'date-invalid'],
  ])('%s', async (yaml, rule) => {
    const { file, findings } = await readPost(`layout: post\n${yaml}`)
    expect(file).toBeUndefined()
    expect(findings).toMatchObject([
      { file: '_posts/2010-02-03-from-the-name.md', line: 3, rule, severity: 'error' },
    ])
    expect(findings[0]?.message).toContain(yaml.slice(0, yaml.indexOf(':')))
  })

  it('together with every other wrong field of the post', async () => {
    const { findings } = await readPost('title: []\ntags: {}\ndate: x')
    expect(findings.map(({ line }) => line)).toEqual([2, 4, 3])
  })

  it('a published post needs a date', async () => {
    const { posts, findings } = await readFiles({
      'no-date.md': '---\ntitle: a\n---\n',
      '2009-13-40-b.md': '---\n---\n',
    })
    expect(posts).toEqual([])
    expect(findings).toMatchObject([
      { file: '2009-13-40-b.md', rule: 'date-invalid', severity: 'error' },
      { file: 'no-date.md', rule: 'date-missing', severity: 'error' },
    ])
  })

  it('the others go in', async () => {
    const { posts, findings } = await readFiles({
      '_posts/2010-01-01-a.md': '---\n---\n',
      '_posts/2010-01-02-b.md': 'no front matter',
      '_posts/2010-01-03-c.md': '---\na: b: c\n---\n',
      '_posts/2010-01-04-d.md': new Uint8Array([0x2d, 0x2d, 0x2d, 0x0a, 0xff]),
      '_posts/2010-01-05-e.md': '---\n---\n',
    })
    expect(posts.map(({ slug }) => slug)).toEqual(['a', 'e'])
    expect(findings.map(({ rule }) => rule)).toEqual(['front-matter-missing', 'yaml-invalid', 'not-utf-8'])
  })
})

it('Liquid is kept as text, with one warning a post on the line where it begins', async () => {
  const { source, findings } = await readPost(
    'a: 1',
    'x\n{% highlight ruby %}\ny\n{% endhighlight %}\n{{ site.url }}\n{% highlight c %}',
  )
  expect(source).toContain('{% highlight ruby %}')
  expect(findings).toMatchObject([{ rule: 'liquid-kept-as-text', line: 5, severity: 'warning' }])
  expect(findings[0]?.message).toContain('{% highlight %}, {% endhighlight %}, {{ site.url }}.')
})
