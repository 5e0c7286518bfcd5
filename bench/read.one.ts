import type pg from 'pg'
import type { Asked } from './read.queries.ts'

/** The answer made by PostgreSQL: one statement, put together as JSON. */
export const answerInOne = async (pool: pg.Pool, { operationName, variables }: Asked): Promise<string> => {
  const text = one[operationName]
  if (text === undefined) throw new Error(`${operationName} is not asked here.`)
  const values = variables?.slug === undefined ? [] : [variables.slug]
  const { rows } = await pool.query<{ data: string }>({ name: operationName, text, values })
  return `{"data":${rows[0]?.data ?? 'null'}}`
}

const date = (column: string) => `to_char(${column}, 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`
const author = `(
  SELECT json_build_object('name', authors.name, 'path', '/author/' || authors.slug || '/')
  FROM post_authors JOIN authors ON authors.id = author_id
  WHERE post_id = posts.id ORDER BY position LIMIT 1)`
const categories = `(
  SELECT json_agg(json_build_object('name', name, 'path', '/category/' || slug_path || '/') ORDER BY position)
  FROM post_categories JOIN categories ON categories.id = category_id WHERE post_id = posts.id)`
const tags = `(
  SELECT json_agg(json_build_object('name', name, 'path', '/tag/' || slug || '/') ORDER BY position)
  FROM post_tags JOIN tags ON tags.id = tag_id WHERE post_id = posts.id)`

const one: Record<string, string> = {
  Newest: `
    SELECT json_build_object('posts', json_build_object('nodes', json_agg(node ORDER BY sort_date DESC, id DESC)))::text AS data
    FROM (
      SELECT sort_date, id, json_build_object('id', id, 'title', title, 'path', path, 'publishedAt',
        ${date('published_at')}, 'excerpt', excerpt_text, 'author', ${author}, 'categories', ${categories},
        'tags', ${tags}) AS node
      FROM (SELECT * FROM posts WHERE status = 'PUBLISHED' ORDER BY sort_date DESC, id DESC LIMIT 20) posts
    ) page`,
  Post: `
    SELECT json_build_object('post', json_build_object('id', id, 'title', title, 'path', path, 'publishedAt',
      ${date('published_at')}, 'content', content, 'author', ${author}, 'categories', ${categories},
      'tags', ${tags}))::text AS data
    FROM posts WHERE slug = $1 AND status = 'PUBLISHED'`,
  Sections: `
    SELECT json_build_object('categories', json_build_object('nodes', json_agg(
      json_build_object('name', name, 'path', '/category/' || slug_path || '/', 'posts', json_build_object('nodes', nodes))
      ORDER BY name_key, id)))::text AS data
    FROM (SELECT * FROM categories ORDER BY name_key, id LIMIT 10) sections
    CROSS JOIN LATERAL (
      SELECT json_agg(json_build_object('title', title, 'path', path, 'publishedAt', ${date('published_at')},
        'author', ${author}, 'tags', ${tags}) ORDER BY sort_date DESC, id DESC) AS nodes
      FROM (
        SELECT posts.* FROM post_categories JOIN posts ON posts.id = post_id
        WHERE category_id = sections.id AND status = 'PUBLISHED' ORDER BY sort_date DESC, posts.id DESC LIMIT 5
      ) posts
    ) page`,
}
