import fc from 'fast-check'
import { expect, test } from 'vitest'
import { folderOf, readFolder } from '../support/jekyll.ts'
import { builtByJekyll, noJekyll } from '../support/real-jekyll.ts'

/** The files of the posts that an import makes public. */
const publicFiles = async (folder: string): Promise<string[]> => {
  const read = await readFolder(folder, 'UTC').catch(() => null)
  const isPublic = (date: { instant: Date } | null) => date !== null && date.instant <= new Date()
  const posts = read?.posts.filter(({ status, date }) => status === 'PUBLISHED' && isPublic(date)) ?? []
  return posts.map(({ file }) => file).sort()
}

const post = '---\ntitle: T\n---\nx\n'
const paths = (...files: string[]) => Object.fromEntries(files.map((file) => [file, post]))
const config = (yaml: string, ...files: string[]) => ({ '_config.yml': yaml, ...paths(...files) })
const a = '_posts/2020-01-01-a.md'

const sites: Record<string, Record<string, string>> = {
  'names that begin with a special sign': paths(
    a,
    '_posts/_2020-01-02-b.md',
    '_posts/#2020-01-02-c.md',
    '_posts/~2020-01-02-d.md',
    '_posts/.2020-01-02-e.md',
  ),
  'folders that begin with one': paths(
    a,
    '_posts/_h/2020-01-02-b.md',
    '_posts/#h/2020-01-02-c.md',
    '_posts/~h/2020-01-02-d.md',
    '_posts/.h/2020-01-02-e.md',
    '_posts/x/_h/2020-01-02-f.md',
    '_posts/x/.h/2020-01-02-g.md',
  ),
  'ends of names': paths(
    a,
    '_posts/2020-01-02-b.md~',
    '_posts/2020-01-02-c.md.',
    '_posts/dir~/2020-01-02-d.md',
  ),
  'names without a date': {
    ...paths(a, '_posts/x.md', '_posts/2020-01-x.md', '_posts/2020-1-2-b.md', '_posts/2020-01-02_c.md'),
    '_posts/template.md': '---\ndate: 2020-01-01\n---\n',
    '_posts/2020-01-02/README.md': '---\ndate: 2020-01-01\n---\n',
  },
  'posts at any depth': paths(
    a,
    'a/b/c/_posts/2020-01-02-b.md',
    'a/_posts/x/y/2020-01-02-c.md',
    '_a/_posts/2020-01-02-d.md',
    '.a/_posts/2020-01-02-e.md',
    'a~/_posts/2020-01-02-f.md',
    '#a/_posts/2020-01-02-g.md',
    'a./_posts/2020-01-02-h.md',
    '_site/_posts/2020-01-02-i.md',
    'node_modules/_posts/2020-01-02-j.md',
    'node_modules/x/_posts/2020-01-02-j.md',
    'vendor/bundle/_posts/2020-01-02-k.md',
    'about.md',
    '_templates/2020-01-01-note.md',
  ),
  drafts: paths(a, '_drafts/2020-01-02-b.md', 'x/_drafts/c.md', 'x/_posts/2020-01-02-d.md'),
  exclude: config(
    'exclude: [_posts/2020-01-02-b.md, blog, "*-secret.md", "_posts/x/", /_posts/y, node]',
    a,
    '_posts/2020-01-02-b.md',
    '_posts/2020-01-02-b.markdown',
    'blog/_posts/2020-01-03-c.md',
    'blogs/_posts/2020-01-03-c.md',
    'other/_posts/2020-01-03-d-secret.md',
    '_posts/x/2020-01-04-e.md',
    '_posts/y/2020-01-04-f.md',
    'node/_posts/2020-01-04-f.md',
  ),
  include: config(
    'include: [_a, _2020-01-02-b.md, .hidden, x/_posts/2020-01-03-c.md, secret]\nexclude: [x/_posts/2020-01-03-c.md, _posts/secret, y]',
    a,
    '_a/_posts/2020-01-02-d.md',
    '_posts/_2020-01-02-b.md',
    '.hidden/_posts/2020-01-02-e.md',
    'x/_posts/2020-01-03-c.md',
    '_posts/secret/2020-01-03-f.md',
    'y/_posts/2020-01-03-g.md',
  ),
  'another destination': config('destination: ./public', a, 'public/_posts/2020-01-02-b.md'),
  'another source': config('source: src', a, 'src/_posts/2020-01-02-b.md'),
  'a folder of collections': config(
    'collections_dir: content',
    a,
    'content/_posts/2020-01-02-b.md',
    'content/x/_posts/2020-01-02-c.md',
    'contents/_posts/2020-01-02-d.md',
  ),
  'front matter that hides': {
    [a]: '---\npublished: false\n---\n',
    '_posts/2020-01-02-b.md': '---\npublished: no\n---\n',
    '_posts/2020-01-03-c.md': '---\npublished:\n---\n',
    '_posts/2020-01-04-d.md': '---\ndate: 2999-01-01\n---\n',
    '_posts/2020-01-05-e.md': '---\npublished: yes\n---\n',
    '_posts/2999-01-05-f.md': post,
    '_posts/2020-01-06-g.md': '---\nx: &x {published: false}\npublished: true\n<<: *x\n---\n',
    '_posts/2020-01-06-h.md': '---\nx: &x {published: false}\n<<: *x\npublished: true\n---\n',
  },
  'defaults that hide': {
    '_config.yml': `defaults:
- { scope: { path: "_posts/private" }, values: { published: false } }
- { scope: { path: "_posts/private/but", type: posts }, values: { published: true } }
- { scope: { path: "x/*/_posts" }, values: { published: false } }
- { scope: { path: "y/**/z" }, values: { published: false } }
- { scope: { path: "/_posts/rooted" }, values: { published: false } }
- { scope: { path: "_posts/page", type: pages }, values: { published: false } }
- { scope: { path: "_posts/old", type: post }, values: { published: false } }
- { scope: { path: "_posts/late" }, values: { date: "2999-01-01" } }
- { scope: { path: "_posts/{a,b}*" }, values: { published: false } }`,
    ...paths(
      '_posts/private/2020-01-01-a.md',
      '_posts/private/but/2020-01-01-b.md',
      '_posts/privately/2020-01-01-c.md',
      'x/y/_posts/2020-01-01-d.md',
      'x/y/z/_posts/2020-01-01-e.md',
      'y/z/_posts/2020-01-01-f.md',
      'y/1/2/z/_posts/2020-01-01-f.md',
      '_posts/rooted/2020-01-01-g.md',
      '_posts/page/2020-01-01-h.md',
      '_posts/old/2020-01-01-i.md',
      '_posts/late/2020-01-01-j.md',
      '_posts/a/2020-01-01-k.md',
      '_posts/c/2020-01-01-l.md',
    ),
    '_posts/private/2020-01-02-own.md': '---\npublished: true\n---\n',
    '_posts/private/2020-01-02-null.md': '---\npublished:\n---\n',
  },
  'the narrowest default': config(
    `hide: &hide { published: false }
show: &show { published: true }
defaults:
- { scope: { path: "_posts/a", type: posts }, values: *hide }
- { scope: { path: "_posts/a" }, values: *show }
- { scope: { path: "" }, values: { <<: *hide } }
- { scope: { path: "_posts/b" }, values: *hide }
- { scope: { path: "_posts/b" }, values: *show }
- { scope: { path: "_posts/c" }, values: *show }
- { scope: { type: posts }, values: *hide }`,
    '_posts/a/2020-01-01-a.md',
    '_posts/b/2020-01-01-b.md',
    '_posts/c/2020-01-01-c.md',
    '_posts/d/2020-01-01-d.md',
  ),
}

test('an import makes public what Jekyll builds, and nothing else: names, folders, _config.yml', async ({
  skip,
}) => {
  skip(noJekyll !== null, noJekyll ?? '')
  const folders = await Promise.all(Object.values(sites).map(folderOf))
  const built = builtByJekyll(folders)
  const ours = await Promise.all(folders.map(publicFiles))
  const names = Object.keys(sites)
  expect(Object.fromEntries(names.map((name, at) => [name, ours[at]]))).toEqual(
    Object.fromEntries(names.map((name, at) => [name, built[at]])),
  )
})

const name = fc.constantFrom(
  'a',
  'b',
  '_a',
  '.a',
  '#a',
  '~a',
  'a~',
  'a.',
  '_posts',
  '_drafts',
  'ab',
  'vendor',
  'A',
)
const file = fc.constantFrom(
  ...['2020-01-01-a.md', '2020-1-1-b.html', '20-01-01-c.md', 'd.md', '_2020-01-01-e.md', '2020-01-01-f.md~'],
  ...[
    '2020-01-01-.md',
    'x2020-01-01-g.md',
    '2020-01-01-h',
    '2999-01-01-i.md',
    '2020-01-01-j.k.md',
    '.2020-01-01-l.md',
  ],
)
const path = fc
  .tuple(
    fc.array(name, { maxLength: 2 }),
    fc.constantFrom('_posts', '_posts', 'a'),
    fc.array(name, { maxLength: 2 }),
    file,
  )
  .map(([above, section, below, last]) => [...above, section, ...below, last].join('/'))
const pattern = fc
  .array(fc.constantFrom('a', '*', '_posts', '/', '2020-01-01', '?', '[a-c]', '.md', '**', '_', '\\'), {
    minLength: 1,
    maxLength: 4,
  })
  .map((parts) => parts.join(''))
const patterns = fc.array(pattern, { maxLength: 2 })
const set = fc.record({
  scope: fc.record(
    { path: fc.oneof(pattern, fc.constant('')), type: fc.constantFrom('posts', 'pages', 'post') },
    { requiredKeys: ['path'] },
  ),
  values: fc.record({ published: fc.boolean() }),
})
const site = fc.record({
  files: fc.uniqueArray(path, { minLength: 3, maxLength: 12 }),
  include: patterns,
  exclude: patterns,
  defaults: fc.array(set, { maxLength: 3 }),
  collections_dir: fc.constantFrom('', '', '', 'a'),
})

test('80 sites that nobody would write have no public post that Jekyll does not build', async ({ skip }) => {
  skip(noJekyll !== null, noJekyll ?? '')
  const generated = fc.sample(site, { numRuns: 80, seed: 4 })
  const folders = await Promise.all(
    generated.map(({ files, ...settings }) =>
      folderOf({
        ...paths(...files.filter((each) => !files.some((other) => other.startsWith(`${each}/`)))),
        '_config.yml': JSON.stringify(settings),
      }),
    ),
  )
  const built = builtByJekyll(folders)
  const lost: string[] = []
  for (const [at, folder] of folders.entries()) {
    const expected = built[at]
    if (!Array.isArray(expected)) continue
    const ours = await publicFiles(folder)
    const extra = ours.filter((each) => !expected.includes(each))
    expect(extra, JSON.stringify(generated[at])).toEqual([])
    lost.push(...expected.filter((each) => !ours.includes(each)))
  }
  // Drafts wherever they lie, and dates and kinds of files that the importer does not read: it says so.
  const unread = /_drafts\/|(?:^|\/)(?:20-01-01-[^/]*|2020-01-01-\.md|2020-01-01-h|.*~)$/
  expect(lost.filter((each) => !unread.test(each))).toEqual([])
})
