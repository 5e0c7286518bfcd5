import { Prisma } from '../../src/db/generated/client.ts'
import type { PostStatus } from '../../src/db/generated/enums.ts'
import { newId } from '../../src/lib/id.ts'
import { foldKey } from '../../src/lib/text.ts'
import type { TestApp } from './app.ts'

export type MadePost = { id: string; title: string; slug: string; path: string; sortDate: Date }

type Options = {
  count: number
  status?: PostStatus
  /** Begins every title and slug: two calls with one app need two. */
  name?: string
  /** The date of the first post; each next one is an hour younger, and every fifth has the date of the one before it. */
  from?: Date
}

const hourMs = 3_600_000

/**
 * Makes many posts in a few statements, past the API: for paging and for counting statements. Every post has two of the
 * five authors, two of the ten categories and three of the ten tags, in an order that is neither that of their names nor
 * that of their ids. Returns the posts as a list has them, newest first.
 */
export const makePosts = async (
  app: TestApp,
  { count, status = 'PUBLISHED', name = 'Post', from = new Date('2020-01-01T00:00:00Z') }: Options,
): Promise<MadePost[]> => {
  const terms = await makeTerms(app)
  const made = Array.from({ length: count }, (_, index): MadePost => {
    const number = String(index + 1).padStart(4, '0')
    const slug = `${foldKey(name).replaceAll(' ', '-')}-${number}`
    const sortDate = new Date(from.getTime() + (index - (index % 5 === 4 ? 1 : 0)) * hourMs)
    return { id: newId('post'), title: `${name} ${number}`, slug, path: `/made/${slug}/`, sortDate }
  })
  await insert(
    app,
    'posts',
    made.map((post) => rowOf(post, status)),
  )
  const links = made.map(({ id, sortDate }, index) => ({
    link: { postId: id, status, sortDate },
    authors: pick(terms.authors, index, 2),
    categories: pick(terms.categories, index, 2),
    tags: pick(terms.tags, index, 3),
  }))
  const filed = <Key extends 'authors' | 'categories' | 'tags'>(key: Key) =>
    links.flatMap(({ link, ...under }) => under[key].map((id, position) => ({ ...link, id, position })))
  await insert(
    app,
    'post_authors',
    filed('authors').map(({ id, ...rest }) => ({ ...rest, authorId: id })),
  )
  await insert(
    app,
    'post_categories',
    filed('categories').map(({ id, ...rest }) => ({ ...rest, categoryId: id })),
  )
  await insert(
    app,
    'post_tags',
    filed('tags').map(({ id, ...rest }) => ({ ...rest, tagId: id })),
  )
  return made.sort(newestFirst)
}

/** As lists have posts: by date, then by id, both falling. */
export const newestFirst = (one: MadePost, other: MadePost): number =>
  other.sortDate.getTime() - one.sortDate.getTime() || (one.id < other.id ? 1 : -1)

/** Five authors, ten categories (five roots, each with one below it) and ten tags, made once an app. */
const makeTerms = async ({ database: { db } }: TestApp) => {
  const found = await db.author.count({ where: { slug: 'author-01' } })
  const term = (kind: 'author' | 'category' | 'tag', count: number) =>
    Array.from({ length: count }, (_, index) => {
      const number = String(index + 1).padStart(2, '0')
      const title = `${kind.charAt(0).toUpperCase()}${kind.slice(1)} ${number}`
      return {
        id: newId(kind),
        slug: `${kind}-${number}`,
        name: title,
        nameKey: foldKey(title),
        isPublic: true,
        ...times,
      }
    })
  if (found === 0) {
    await db.author.createMany({ data: term('author', 5) })
    await db.tag.createMany({ data: term('tag', 10) })
    const categories = term('category', 10)
    const roots = categories.slice(0, 5)
    await db.category.createMany({ data: roots.map((root) => ({ ...root, slugPath: root.slug })) })
    const children = categories.slice(5).map((child, index) => {
      const parent = roots[index]
      return { ...child, parentId: parent?.id, slugPath: `${parent?.slug}/${child.slug}` }
    })
    await db.category.createMany({ data: children })
  }
  const idsOf = async (rows: Promise<{ id: string }[]>) => (await rows).map((row) => row.id)
  const bySlug = { orderBy: { slug: 'asc' as const }, select: { id: true } }
  return {
    authors: await idsOf(db.author.findMany({ ...bySlug, where: { slug: { startsWith: 'author-' } } })),
    categories: await idsOf(
      db.category.findMany({ ...bySlug, where: { slug: { startsWith: 'category-' } } }),
    ),
    tags: await idsOf(db.tag.findMany({ ...bySlug, where: { slug: { startsWith: 'tag-' } } })),
  }
}

const times = { createdAt: new Date('2020-01-01T00:00:00Z'), updatedAt: new Date('2020-01-01T00:00:00Z') }

/** Walks backwards through the ids from a place that moves on with every post. */
const pick = (ids: string[], index: number, count: number): string[] =>
  Array.from({ length: count }, (_, step) => ids[(index + count - step) % ids.length] ?? '')

const rowOf = ({ sortDate, ...post }: MadePost, status: PostStatus): Prisma.PostCreateManyInput => ({
  ...post,
  status,
  pathIsManual: true,
  titleKey: foldKey(post.title),
  source: `The body of ${post.title}.`,
  content: `<p>The body of ${post.title}.</p>`,
  contentText: `The body of ${post.title}.`,
  excerptHtml: `<p>The body of ${post.title}.</p>`,
  excerptText: `The body of ${post.title}.`,
  excerptSource: 'AUTOMATIC',
  wordCount: 5,
  images: [],
  headings: [],
  publishedAt: status === 'PUBLISHED' ? sortDate : null,
  scheduledAt: status === 'SCHEDULED' ? sortDate : null,
  sortDate,
  wasPublic: status === 'PUBLISHED',
  createdAt: sortDate,
  updatedAt: sortDate,
})

/** As JSON: thousands of rows as parameters take Prisma seconds. */
const insert = async ({ database: { db } }: TestApp, table: string, rows: object[]): Promise<void> => {
  const keys = Object.keys(rows[0] ?? {})
  const columns = keys.map(
    (key) => [key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), key] as const,
  )
  const named = rows.map((row) =>
    Object.fromEntries(columns.map(([column, key]) => [column, row[key as never]])),
  )
  const list = Prisma.raw(columns.map(([column]) => `"${column}"`).join(', '))
  const type = Prisma.raw(table)
  await db.$executeRaw`
    INSERT INTO ${type} (${list})
    SELECT ${list} FROM json_populate_recordset(null::${type}, ${JSON.stringify(named)}::json)`
}
