import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { folderOf, readFiles, readFolder } from '../support/jekyll.ts'

const file = '_posts/2010-02-03-x.md'
const readPost = async (yaml: string, config = '') => {
  const { posts, findings } = await readFiles({
    ...(config === '' ? {} : { '_config.yml': config }),
    [file]: `---\n${yaml}\n---\n`,
  })
  return { ...posts[0], findings }
}

describe('a post that its source hides in any words is a draft, and the import says why', () => {
  it.each([
    ...['published:', 'published: maybe', 'published: [false]', 'published: 2999-01-01'],
    ...[
      'draft: 2',
      'isDraft: true',
      'IS_DRAFT: yes',
      'is-draft: on',
      'public: false',
      'visible: no',
      'listed: off',
    ],
    ...[
      'private: true',
      'unlisted: true',
      'hidden: true',
      'headless: true',
      'protected: 1',
      'secret: for us',
    ],
    ...['members_only: true', 'paid: true', 'eleventyExcludeFromCollections: true'],
    ...['status: archived', 'status: [draft]', 'post_status: sent', 'visibility: members', 'visibility: [a]'],
    ...['password: s3cret', 'post_password: x', 'postPassword: 0x1F', 'type: page', 'post_type: attachment'],
    ...[
      'expiryDate: 2011-01-01',
      'expirydate: 2011-01-01 10:00',
      'expires: never',
      'unpublishDate: 2011-01-01',
    ],
    ...['publishDate: 2999-01-01', 'pubDate: Fri, 01 Jan 2999 00:00:00 +0000', 'publish_date: soon'],
    ...[
      'build: {render: never}',
      '_build: {list: false}',
      'cascade: {draft: true}',
      'params: {private: true}',
    ],
  ])('%s', async (yaml) => {
    const { status, findings } = await readPost(yaml)
    expect(status).toBe('DRAFT')
    expect(findings.filter(({ rule }) => rule !== 'private-kept-back').map(({ rule }) => rule)).toContain(
      'kept-as-draft',
    )
  })

  it.each(['published: 0', 'Published: false', 'DRAFT: yes', 'status: Auto-Draft', 'post_status: future'])(
    '%s, which needs no finding',
    async (yaml) => {
      expect(await readPost(yaml)).toMatchObject({ status: 'DRAFT', findings: [] })
    },
  )

  it.each([
    ...[
      'status: publish',
      'status: Published',
      'visibility: public',
      'type: post',
      'private: false',
      'hidden: no',
    ],
    ...[
      'password:',
      'password: ""',
      'expiryDate: 2999-01-01',
      'publishDate: 2011-01-01',
      'build: {render: always}',
    ],
    ...[
      'pubDate: Mon, 06 Sep 2010 00:01:00 +0000',
      'public: yes',
      'cascade: []',
      'params: {a: 1}',
      'paid: 0',
    ],
  ])('but not with %s', async (yaml) => {
    expect(await readPost(yaml)).toMatchObject({ status: 'PUBLISHED' })
  })

  it('what will be hidden later is told with its date', async () => {
    const { findings } = await readPost('expiryDate: 2999-01-01')
    expect(findings).toMatchObject([{ rule: 'expires-later', line: 2, severity: 'warning' }])
  })
})

describe('people’s data and secrets are kept back from the metadata', () => {
  it('in any spelling and at any depth, and named in one finding', async () => {
    const { metadata, findings, frontMatter } = await readPost(
      [
        'theme: dark',
        'author_email: jane@example.org',
        'authorEmail: jane@example.org',
        'AUTHOR-EMAIL: jane@example.org',
        'authoremail: jane@example.org',
        'post_password: s3cret',
        'user: {login: jane, ip: 10.0.0.1, shoe: 42}',
        'comments: [{author: Reader, content: not approved}]',
        'pingbacks: [{a: b}]',
        'meta: {_edit_last: 1}',
        'reviewer: Jane <jane@example.org>',
        'list: [{deep: [{e_mail: x, mail: y}]}]',
        'api_key: abc',
        'private_note: do not show',
        'jane@example.org: editor',
        'contact: mailto:jane@example.org',
      ].join('\n'),
    )
    expect(metadata).toEqual({ theme: 'dark', user: { shoe: 42 } })
    expect(frontMatter).toContain('s3cret')
    const [told] = findings.filter(({ rule }) => rule === 'private-kept-back')
    expect(told).toMatchObject({ line: 3, severity: 'warning' })
    expect(told?.message).toMatch(/author_email.*user\.login/)
  })

  it('but not what only looks like it', async () => {
    const yaml =
      'comments: true\nprivate: false\nmastodon: "@jane@example.social"\nimage_2x: photo@2x.png\nsite: https://example.org/@jane\nrecipient: the town\nsecretary: Jo\ninternal: false'
    const { metadata, findings } = await readPost(yaml)
    expect(Object.keys(metadata ?? {})).toHaveLength(8)
    expect(findings).toEqual([])
  })
})

describe('_config.yml', () => {
  it('gives every post the author of the site, and the defaults of its folder', async () => {
    const config = `author: { name: Jane Roe, email: jane@example.org }
defaults:
- { scope: { path: "" }, values: { layout: post, tags: [all], categories: [general], comments: true } }
- { scope: { path: _posts }, values: { image: /a.png, permalink: "/blog/:title/" } }`
    expect(await readPost('a: 1', config)).toMatchObject({
      authors: [{ name: 'Jane Roe' }],
      layout: 'post',
      tags: ['all'],
      categories: ['general'],
      coverImage: { url: '/a.png' },
      path: null,
      metadata: { a: 1 },
      findings: [],
    })
    const own = 'author: Ann\nlayout: page\ntags: [own]\ncategories: [news]\nimage: /b.png\npermalink: /x/'
    expect(await readPost(own, config)).toMatchObject({
      authors: [{ name: 'Ann' }],
      layout: 'page',
      tags: ['own'],
      categories: ['general', 'news'],
      coverImage: { url: '/b.png' },
      path: '/x/',
    })
  })

  it.each([
    ['_config.yml', 'a: b: c'],
    ['_config.yml', '- a list'],
    ['_config.yml', `a: ${'x'.repeat(300_000)}`],
    ['_config.yml', 'exclude: {a: b}'],
    ['_config.yml', 'source: ../other'],
    ['_config.yml', 'limit_posts: 1'],
    ['_config.toml', 'a = '],
  ])('%s that cannot be followed (%.12s) ends the import in one line', async (name, text) => {
    const refused = readFiles({ [name]: text, [file]: '---\n---\n' })
    await expect(refused).rejects.toThrow(/^_config\.(?:yml|toml)(?::\d+)? cannot be read, .*\.$/)
  })

  it('may be TOML, and hides all the same', async () => {
    const { posts } = await readFiles({
      '_config.toml': '[[defaults]]\nscope = { path = "_posts" }\nvalues = { published = false }\n',
      [file]: '---\n---\n',
    })
    expect(posts).toMatchObject([{ status: 'DRAFT' }])
  })

  it('holds for a part of its site that is imported alone, too', async () => {
    const folder = await folderOf({
      '_config.yml':
        'exclude: [_posts/2010/2010-02-04-y.md]\ndefaults: [{scope: {path: _posts/2010/private}, values: {published: false}}]',
      '_posts/2010/2010-02-03-x.md': '---\n---\n',
      '_posts/2010/2010-02-04-y.md': '---\n---\n',
      '_posts/2010/private/2010-02-05-z.md': '---\n---\n',
      '_posts/2010/_2010-02-06-q.md': '---\n---\n',
    })
    const { posts } = await readFolder(join(folder, '_posts/2010'))
    expect(posts.map(({ file, status }) => [file, status])).toEqual([
      ['2010-02-03-x.md', 'PUBLISHED'],
      ['private/2010-02-05-z.md', 'DRAFT'],
    ])
  })
})

describe('a folder', () => {
  it('says of each file that Jekyll does not build which rule leaves it out', async () => {
    const { posts, findings } = await readFiles({
      '_config.yml': 'exclude: [_posts/2010-02-05-z.md]',
      [file]: '---\n---\n',
      '_posts/_2010-02-04-y.md': '---\n---\n',
      '_posts/2010-02-05-z.md': '---\n---\n',
      '_posts/template.md': '---\ndate: 2010-01-01\n---\n',
      '_old/_posts/2010-02-06-w.md': '---\n---\n',
    })
    expect(posts.map((post) => post.file)).toEqual([file])
    expect(findings.map(({ file, rule, message }) => [file, rule, message]).sort()).toEqual([
      ['_old/_posts', 'file-ignored', expect.stringContaining('begins with "_"')],
      ['_posts/2010-02-05-z.md', 'file-ignored', expect.stringContaining('"exclude"')],
      ['_posts/_2010-02-04-y.md', 'file-ignored', expect.stringContaining('begins with "_"')],
      ['_posts/template.md', 'file-ignored', expect.stringContaining('without a date')],
    ])
  })

  it('without any _posts gives every post in it, but for what tools made and names keep back', async () => {
    const dated = '---\ndate: 2010-01-01\n---\n'
    const { posts } = await readFiles({
      'a.md': dated,
      'deep/b.md': dated,
      'drafts/c.md': dated,
      'private/d.md': dated,
      '_e.md': dated,
      '#f.md': dated,
      'g.md~': dated,
      'deep/node_modules/h/readme.md': dated,
      'deep/_site/i.html': dated,
      'deep/.git/j.md': dated,
    })
    expect(posts.map(({ file, status }) => `${file} ${status}`)).toEqual([
      'a.md PUBLISHED',
      'deep/b.md PUBLISHED',
      'drafts/c.md DRAFT',
      'private/d.md DRAFT',
    ])
  })

  it.each([
    '_config.yml',
    'package.json',
    'Gemfile',
    '_layouts/post.html',
    '_site/x.html',
    '_templates/a.md',
  ])('without any _posts but with %s is the root of a site, and refused', async (mark) => {
    const refused = readFiles({ [mark]: '', 'about.md': '---\ndate: 2010-01-01\n---\n' })
    await expect(refused).rejects.toThrow(
      /has no _posts; it looks like the root of a site .*, so name the folder/,
    )
  })

  it.each([
    ['hugo.toml', ''],
    ['hugo.yaml', ''],
    ['config.toml', 'content/x.md'],
    ['config/_default/hugo.toml', 'content/x.md'],
    ['archetypes/default.md', 'content/x.md'],
    ['content/_index.md', 'content/x.md'],
    ['content/posts/_index.en.html', 'content/x.md'],
  ])('of a Hugo site (%s) is refused in one line, and so is its content', async (mark, other) => {
    const folder = await folderOf({ [mark]: '', [other || 'a.md']: '---\ndate: 2010-01-01\n---\n' })
    await mkdir(join(folder, 'content/posts'), { recursive: true })
    await writeFile(join(folder, 'content/posts/y.md'), '---\ndate: 2010-01-01\n---\n')
    await expect(readFolder(folder)).rejects.toThrow(/Hugo.*not read yet; nothing was imported$/)
    await expect(readFolder(join(folder, 'content'))).rejects.toThrow(/Hugo.*nothing was imported$/)
  })
})
