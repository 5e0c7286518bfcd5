import type pg from 'pg'
import type { Asked } from './read.queries.ts'

/** The answer made by Node from small statements: a list first, then what belongs to it, side by side. */
export const answerInFew = async (pool: pg.Pool, { operationName, variables }: Asked): Promise<string> => {
  const answer = few[operationName]
  if (answer === undefined) throw new Error(`${operationName} is not asked here.`)
  return JSON.stringify({ data: await answer(pool, variables?.slug ?? '') })
}

const date = (column: string) => `to_char(${column}, 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`
const few: Record<string, (pool: pg.Pool, slug: string) => Promise<object>> = {
  Newest: async (pool) => {
    const posts = await rowsOf<Row>(
      pool,
      'newest',
      `SELECT id, title, path, ${date('published_at')} AS "publishedAt", excerpt_text AS excerpt
       FROM posts WHERE status = 'PUBLISHED' ORDER BY sort_date DESC, posts.id DESC LIMIT 20`,
    )
    return { posts: { nodes: await withRelations(pool, posts) } }
  },
  Post: async (pool, slug) => {
    const posts = await rowsOf<Row>(
      pool,
      'post',
      `SELECT id, title, path, ${date('published_at')} AS "publishedAt", content
       FROM posts WHERE slug = $1 AND status = 'PUBLISHED'`,
      [slug],
    )
    const [post = null] = await withRelations(pool, posts)
    return { post }
  },
  Sections: async (pool) => {
    const sections = await rowsOf<Row>(
      pool,
      'sections',
      `SELECT id, name, '/category/' || slug_path || '/' AS path FROM categories ORDER BY name_key, id LIMIT 10`,
    )
    const posts = await rowsOf<Row>(
      pool,
      'posts-of-sections',
      `SELECT parent.id AS parent, posts.*
       FROM unnest($1::text[]) AS parent(id) CROSS JOIN LATERAL (
         SELECT posts.id, title, path, ${date('published_at')} AS "publishedAt"
         FROM post_categories JOIN posts ON posts.id = post_id
         WHERE category_id = parent.id AND status = 'PUBLISHED' ORDER BY sort_date DESC, posts.id DESC LIMIT 5) posts`,
      [sections.map(({ id }) => id)],
    )
    const ids = [...new Set(posts.map(({ id }) => id))]
    const [authors, tags] = await Promise.all([authorsOf(pool, ids), tagsOf(pool, ids)])
    const bySection = Map.groupBy(posts, ({ parent }) => parent)
    const nodes = sections.map(({ id: section, name, path: sectionPath }) => ({
      name,
      path: sectionPath,
      posts: {
        nodes: (bySection.get(section) ?? []).map(({ id = '', title, path, publishedAt }) => {
          const [author] = authors.get(id) ?? []
          return {
            title,
            path,
            publishedAt,
            author: author ? link(author) : null,
            tags: (tags.get(id) ?? []).map(link),
          }
        }),
      },
    }))
    return { categories: { nodes } }
  },
}

type Row = Record<string, string>
type Filed = { post_id: string; name: string; path: string }

const rowsOf = async <T>(pool: pg.Pool, name: string, text: string, values: unknown[] = []): Promise<T[]> =>
  (await pool.query({ name, text, values })).rows as T[]

const filed = async (pool: pg.Pool, name: string, text: string, ids: unknown[]) => {
  const rows = await rowsOf<Filed>(pool, name, text, [ids])
  return Map.groupBy(rows, (row) => row.post_id)
}
const link = ({ name, path }: Filed) => ({ name, path })

const authorsOf = (pool: pg.Pool, ids: unknown[]) =>
  filed(
    pool,
    'authors',
    `SELECT post_id, name, '/author/' || slug || '/' AS path FROM post_authors JOIN authors ON authors.id = author_id
     WHERE post_id = ANY($1) ORDER BY position`,
    ids,
  )
const categoriesOf = (pool: pg.Pool, ids: unknown[]) =>
  filed(
    pool,
    'categories',
    `SELECT post_id, name, '/category/' || slug_path || '/' AS path FROM post_categories
     JOIN categories ON categories.id = category_id WHERE post_id = ANY($1) ORDER BY position`,
    ids,
  )
const tagsOf = (pool: pg.Pool, ids: unknown[]) =>
  filed(
    pool,
    'tags',
    `SELECT post_id, name, '/tag/' || slug || '/' AS path FROM post_tags JOIN tags ON tags.id = tag_id
     WHERE post_id = ANY($1) ORDER BY position`,
    ids,
  )

const withRelations = async (pool: pg.Pool, posts: Row[]) => {
  const ids = posts.map(({ id }) => id)
  const [authors, categories, tags] = await Promise.all([
    authorsOf(pool, ids),
    categoriesOf(pool, ids),
    tagsOf(pool, ids),
  ])
  return posts.map((post) => {
    const [author] = authors.get(post.id ?? '') ?? []
    return {
      ...post,
      author: author ? link(author) : null,
      categories: (categories.get(post.id ?? '') ?? []).map(link),
      tags: (tags.get(post.id ?? '') ?? []).map(link),
    }
  })
}
