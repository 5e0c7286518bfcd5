import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { ImportSourceError } from '../../src/importer/entry.ts'
import { renderPost } from '../../src/markup/render.ts'
import { pathProblem, slugProblem } from '../../src/urls/slug.ts'
import { folderOf, readFiles, readFolder } from '../support/jekyll.ts'

describe('the folder', () => {
  it('may be a site, with sections at the top and one level below, read in the order of their paths', async () => {
    const { posts } = await readFiles({
      'index.md': 'not a post',
      '_posts/b/2010-01-01-b.md': '---\n---\n',
      '_posts/2011-01-01-a.md': '---\n---\n',
      'blog/_posts/2009-01-01-c.md': '---\n---\n',
      'node_modules/_posts/2009-01-01-d.md': '---\n---\n',
      '_site/_posts/2009-01-01-e.md': '---\n---\n',
    })
    expect(posts.map(({ file }) => file)).toEqual([
      '_posts/2011-01-01-a.md',
      '_posts/b/2010-01-01-b.md',
      'blog/_posts/2009-01-01-c.md',
    ])
  })

  it('tells what it passes over, but for hidden files', async () => {
    const { posts, findings } = await readFiles({
      '2010-01-01-a.md': '---\n---\n',
      '2010-01-01-b.textile': '---\n---\n',
      'photo.jpg': '',
      '.DS_Store': '',
      '.git/x.md': '',
    })
    expect(posts).toHaveLength(1)
    expect(findings).toMatchObject([
      { file: '2010-01-01-b.textile', rule: 'format-unsupported', severity: 'error' },
      { file: 'photo.jpg', rule: 'file-ignored', severity: 'warning' },
    ])
  })

  it('is never left: links to files and folders are told and not followed', async () => {
    const outside = await folderOf({
      'secret.md': '---\ntitle: secret\n---\n',
      'authors.yml': 'a: {name: A}',
      '2010-01-01-x.md': '---\n---\n',
    })
    const folder = await folderOf({ '_posts/2010-01-01-a.md': '---\n---\n' })
    await symlink(join(outside, 'secret.md'), join(folder, '_posts/2010-01-02-secret.md'))
    await symlink(outside, join(folder, '_posts/all'))
    await symlink(outside, join(folder, '_drafts'))
    await symlink(outside, join(folder, '_data'))
    const { entries, findings } = await readFolder(folder)
    expect(findings.map(({ rule, file }) => [rule, file]).sort()).toEqual([
      ['symbolic-link', '_data'],
      ['symbolic-link', '_drafts'],
      ['symbolic-link', '_posts/2010-01-02-secret.md'],
      ['symbolic-link', '_posts/all'],
    ])
    expect(entries.filter(({ kind }) => kind !== 'finding')).toHaveLength(1)
  })

  it('a linked file of data is not followed either', async () => {
    const outside = await folderOf({ 'authors.yml': 'a: {name: A}' })
    const folder = await folderOf({ '_posts/2010-01-01-a.md': '---\n---\n', '_data/categories.yml': '' })
    await symlink(join(outside, 'authors.yml'), join(folder, '_data/authors.yml'))
    const { entries, findings } = await readFolder(folder)
    expect(findings).toMatchObject([{ rule: 'symbolic-link', file: '_data/authors.yml' }])
    expect(entries.some(({ kind }) => kind === 'author')).toBe(false)
  })

  it('with links only is not taken for an empty one', async () => {
    const folder = await folderOf({})
    await symlink(tmpdir(), join(folder, '_posts'))
    expect((await readFolder(folder)).findings).toMatchObject([{ rule: 'symbolic-link', file: '_posts' }])
  })

  it('that is missing, a file, empty, or in no time zone is refused in one line that says what to do', async () => {
    const folder = await folderOf({ 'a.txt': '', 'empty/.keep': '' })
    const refusal = async (path: string, timezone = 'UTC') =>
      readFolder(path, timezone).then(
        () => 'not refused',
        (error: unknown) => (error instanceof ImportSourceError ? error.message : String(error)),
      )
    expect(await refusal(join(folder, 'missing'))).toMatch(/^There is no folder .*; check the path$/)
    expect(await refusal(join(folder, 'a.txt'))).toMatch(/is a file; name the folder/)
    expect(await refusal(join(folder, 'empty'))).toMatch(/has no posts .*; name a Jekyll site/)
    expect(await refusal(folder)).toMatch(/has no posts/)
    expect(await refusal(folder, 'Mars/Olympus')).toMatch(/no time zone "Mars\/Olympus"; name one like/)
  })
})

describe('_data', () => {
  it('authors come first, and posts name them by key, slug or name', async () => {
    const { entries, posts } = await readFiles({
      '_data/authors.yml':
        'ann:\n  name: Ann &amp; Co\n  bio: Writes.\n  website: https://ann.example.com\n  avatar: /ann.png\nbob_key:\n  slug: bob\n  name: Bob\n',
      '_posts/2010-01-01-a.md': '---\nauthors: [bob_key, ann, Bob, bob, Carol]\n---\n',
    })
    expect(entries.slice(0, 2)).toEqual([
      {
        kind: 'author',
        term: {
          slug: 'ann',
          name: 'Ann & Co',
          bio: 'Writes.',
          websiteUrl: 'https://ann.example.com',
          avatarUrl: '/ann.png',
        },
      },
      { kind: 'author', term: { slug: 'bob', name: 'Bob', bio: null, websiteUrl: null, avatarUrl: null } },
    ])
    expect(posts[0]?.authors).toEqual([
      { slug: 'bob', name: 'Bob' },
      { slug: 'ann', name: 'Ann & Co' },
      { name: 'Carol' },
    ])
  })

  it('categories come with their parents before them, and a parent that cannot be is told', async () => {
    const { entries, findings } = await readFiles({
      '_data/categories.yml':
        '- {slug: c, name: C, parent: b}\n- {slug: b, parent: a, description: The b}\n- {slug: a, name: A}\n- {slug: x, name: X, parent: nowhere}\n- {slug: l1, parent: l2}\n- {slug: l2, parent: l1}\n',
      '_posts/2010-01-01-a.md': '---\n---\n',
    })
    const categories = entries.flatMap((entry) => (entry.kind === 'category' ? [entry.term] : []))
    expect(categories).toEqual([
      { slug: 'a', name: 'A', description: null, parent: null },
      { slug: 'b', name: 'b', description: 'The b', parent: 'a' },
      { slug: 'c', name: 'C', description: null, parent: 'b' },
      { slug: 'x', name: 'X', description: null, parent: null },
      { slug: 'l2', name: 'l2', description: null, parent: null },
      { slug: 'l1', name: 'l1', description: null, parent: 'l2' },
    ])
    expect(findings.map(({ rule, line }) => [rule, line])).toEqual([
      ['category-parent', 4],
      ['category-parent', 6],
    ])
  })

  it('what it has no field for, what it has twice and what has no name is told', async () => {
    const { findings } = await readFiles({
      '_data/authors.yml':
        '- {slug: a, name: A, twitter: x}\n- {slug: a, name: B}\n- {bio: nobody}\n- text\n',
      '_posts/2010-01-01-a.md': '---\n---\n',
    })
    expect(findings.map(({ rule, line }) => [rule, line])).toEqual([
      ['data-entry-twice', 2],
      ['data-entry', 3],
      ['data-entry', 4],
      ['data-field-unused', null],
    ])
  })
})

describe('the sample site', () => {
  it('reads without a finding, with what a demonstration needs', async () => {
    const { posts, findings, entries } = await readFolder(
      fileURLToPath(new URL('../../prisma/sample-site', import.meta.url)),
    )
    expect(findings).toEqual([])
    expect(entries.filter(({ kind }) => kind === 'author')).toHaveLength(3)
    expect(
      entries.some((entry) => 'term' in entry && 'parent' in entry.term && entry.term.parent !== null),
    ).toBe(true)
    expect(posts.length).toBeGreaterThanOrEqual(12)
    expect(posts.some(({ status }) => status === 'DRAFT')).toBe(true)
    expect(posts.some(({ date }) => date !== null && date.instant.getUTCFullYear() > 2090)).toBe(true)
    expect(posts.some(({ authors }) => authors.length === 2)).toBe(true)
    const known = new Set(entries.flatMap((entry) => (entry.kind === 'category' ? [entry.term.name] : [])))
    expect(posts.flatMap(({ categories }) => categories).filter((name) => !known.has(name))).toEqual([])
    const sources = new Set(posts.map((post) => renderPost(post).excerptSource))
    expect(sources).toEqual(new Set(['MANUAL', 'MORE_MARKER', 'AUTOMATIC']))
  })
})

describe('real sites', () => {
  const corpora = new URL('../../../shared/corpora/', import.meta.url)
  const absent = 'the corpora are not beside this checkout'
  const seedFile = '_posts/2009-07-23-hyper-v-server-2008-r2-rtm-finally-livemigration.md'

  it('the founding post comes through whole', async (context) => {
    context.skip(!existsSync(corpora), absent)
    const { posts, findings } = await readFolder(fileURLToPath(new URL('seed', corpora)), 'UTC')
    expect(findings).toEqual([])
    expect(posts).toMatchObject([
      {
        file: seedFile,
        legacyId: '1290',
        guid: 'https://svenhuisman.com/?p=1290',
        title: 'Hyper-V Server 2008 R2 RTM: finally LiveMigration',
        slug: 'hyper-v-server-2008-r2-rtm-finally-livemigration',
        path: '/2009/07/hyper-v-server-2008-r2-rtm-finally-livemigration/',
        date: {
          instant: new Date('2009-07-23T07:20:48Z'),
          offsetMinutes: 120,
          text: '2009-07-23T09:20:48+02:00',
        },
        status: 'PUBLISHED',
        authors: [{ name: 'Matthijs Haverink' }],
        categories: ['Virtual Infrastructure'],
        tags: ['Hyper-V Server 2008 R2', 'LiveMigration', 'SCVMM R2', 'Windows Server 2008 R2'],
        layout: 'post',
        format: 'MARKDOWN',
        metadata: {},
      },
    ])
    const file = readFileSync(new URL(`seed/${seedFile}`, corpora))
    const body = file.subarray(file.indexOf('\n---\n', 4) + '\n---\n'.length)
    expect(sha256(posts[0]?.source ?? '')).toBe(sha256(body))

    const rendered = renderPost({ source: posts[0]?.source ?? '', format: 'MARKDOWN' })
    expect(rendered.excerptSource).toBe('MORE_MARKER')
    expect(rendered.content).toContain('<em>Microsoft flavored</em>')
    expect(rendered.content).toContain('<span style="text-decoration:line-through">V-Motion</span>')
    expect(rendered.images).toMatchObject([{ alt: 'hyperv_logo', width: 200, height: 100 }])
  })

  it.for([
    ['jekyll-docs/docs', ['_posts/2023-01-29-jekyll-3-9-3-released.markdown']],
    ['18f/posts', []],
  ] as const)('of %s every file is a post or told by name', async ([name, failing], context) => {
    context.skip(!existsSync(corpora), absent)
    const folder = fileURLToPath(new URL(name, corpora))
    const { posts, findings } = await readFolder(folder)
    const seen = new Set([...posts, ...findings].map(({ file }) => file))
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
      /\.\w+$/.test(file),
    )
    expect(files.filter((file) => !seen.has(file))).toEqual([])
    expect(findings.filter(({ severity }) => severity === 'error').map(({ file }) => file)).toEqual(failing)
    expect(posts.length).toBeGreaterThan(100)
    for (const { path, slug, redirectFrom, file } of posts) {
      expect(path === null ? null : pathProblem(path), file).toBeNull()
      expect(slug === null ? null : slugProblem(slug), file).toBeNull()
      expect(redirectFrom.map(pathProblem).filter(Boolean), file).toEqual([])
    }
  })

  const sha256 = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex')
})
