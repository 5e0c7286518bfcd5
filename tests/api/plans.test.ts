import { beforeAll, expect, inject, test } from 'vitest'
import { forCaller } from '../../src/db/caller.ts'
import { indexMissing } from '../../src/search/reindex.ts'
import { withApp } from '../support/app.ts'
import { type MadePost, makePosts } from '../support/posts.ts'

// Callers have one connection: all that a query runs is heard on it.
const lent = withApp({ role: 'api', poolSize: 3 })

// The embedded database is for thousands of posts at most, and its PostgreSQL is another version with other plans.
const onPostgres = test.skipIf(inject('kind') === 'embedded')

let posts: MadePost[] = []

beforeAll(async () => {
  if (inject('kind') === 'embedded') return
  const { database } = lent.app
  for (const year of [2016, 2018, 2020]) {
    const from = new Date(Date.UTC(year, 0, 1))
    posts.push(...(await makePosts(lent.app, { count: 2_000, name: `Post ${year}`, from })))
  }
  posts = posts.toReversed()
  // A tag, a category and an author of three posts, where all others have hundreds.
  await database.runScript(`
    INSERT INTO tags (id, slug, name, name_key, created_at, updated_at) VALUES ('tag_rare', 'rare', 'r', 'r', now(), now());
    INSERT INTO categories (id, slug, name, name_key, slug_path, created_at, updated_at)
      VALUES ('category_rare', 'rare', 'r', 'r', 'rare', now(), now());
    INSERT INTO authors (id, slug, name, name_key, created_at, updated_at) VALUES ('author_rare', 'rare', 'r', 'r', now(), now());
    INSERT INTO post_tags SELECT id, 'tag_rare', 9, status, sort_date FROM posts ORDER BY id LIMIT 3;
    INSERT INTO post_categories SELECT id, 'category_rare', 9, status, sort_date FROM posts ORDER BY id LIMIT 3;
    INSERT INTO post_authors SELECT id, 'author_rare', 9, status, sort_date FROM posts ORDER BY id LIMIT 3;
    -- More common tags than the planner keeps count of by default: it takes a rare one for what they have on average.
    INSERT INTO tags (id, slug, name, name_key, created_at, updated_at)
      SELECT 'tag_many_' || n, 'many-' || n, 'm', 'm' || n, now(), now() FROM generate_series(1, 150) n;
    INSERT INTO post_tags SELECT id, 'tag_many_' || n, 9, status, sort_date FROM generate_series(1, 150) n,
      (SELECT *, row_number() OVER (ORDER BY id) AS number FROM posts) numbered WHERE (number + n) % 20 = 0;
    UPDATE posts SET content_text = content_text || ' chrysoprase' WHERE id IN (SELECT id FROM posts ORDER BY id LIMIT 2);
  `)
  await indexMissing(database.db, 'simple')
  await database.runScript('VACUUM ANALYZE')
})

/** The plans of the statements that a query runs, as PostgreSQL chooses them for these very values. */
const plansOf = async (query: string, seqScan: 'on' | 'off' = 'on'): Promise<string> => {
  const { driver } = lent.app.database
  if (!('pool' in driver)) throw new Error('There is a server.')
  const settings = [
    'auto_explain.log_min_duration = 0',
    "client_min_messages = 'log'",
    'auto_explain.log_level = log',
    `enable_seqscan = ${seqScan}`,
    // As eager for workers as a planner is whose tables are large.
    ...[
      'parallel_setup_cost',
      'parallel_tuple_cost',
      'min_parallel_table_scan_size',
      'min_parallel_index_scan_size',
    ].map((name) => `${name} = 0`),
  ]
  const notices: string[] = []
  const listen = ({ message = '' }: { message?: string | undefined }) => void notices.push(message)
  const { pool } = driver
  const client = await forCaller(new AbortController().signal, () => pool.connect())
  try {
    await client.query(`LOAD 'auto_explain'; ${settings.map((setting) => `SET ${setting}`).join('; ')}`)
    client.on('notice', listen)
  } finally {
    client.release()
  }
  const { errors } = await lent.app.anonymous.send(query)
  client.off('notice', listen)
  expect(errors).toEqual([])
  const plans = notices.filter(
    (notice) => notice.includes('Query Text') && /(FROM|JOIN) .*posts|post_search|post_tags/.test(notice),
  )
  expect(plans.length).toBeGreaterThan(0)
  const text = plans.map((notice) => notice.slice(notice.search(/\n\S.*\(cost=/))).join('\n')
  expect(text, 'Workers take longer to start than a page takes').not.toMatch(/Gather/)
  return text
}

const first = 'first: 20'
const page = '{ nodes { title } pageInfo { endCursor } }'
const list = (args: string) => `{ posts(${args}) ${page} }`

const cursorAt = (
  post: MadePost | undefined,
  order = 'PUBLISHED_AT DESC',
  key = post?.sortDate.toISOString(),
) => Buffer.from(JSON.stringify([`posts/${order}`, key, post?.id])).toString('base64url')

onPostgres.each([
  ['page 1', () => first],
  ['page 250', () => `${first}, after: "${cursorAt(posts[4_980])}"`],
  ['the last page, from the back', () => 'last: 20'],
  [
    'page 250 by title',
    () =>
      `${first}, orderBy: { field: TITLE, direction: ASC }, after: "${cursorAt(posts[4_980], 'TITLE ASC', posts[4_980]?.title.toLowerCase())}"`,
  ],
  ['the first by date of change', () => `${first}, orderBy: { field: UPDATED_AT, direction: DESC }`],
  [
    'the first by date of creation, oldest first',
    () => `${first}, orderBy: { field: CREATED_AT, direction: ASC }`,
  ],
  [
    'a month',
    () =>
      `${first}, filter: { publishedAt: { from: "2018-02-01T00:00:00Z", before: "2018-03-01T00:00:00Z" } }`,
  ],
])('%s begins in the index, where the page does', async (_what, args) => {
  const plan = await plansOf(list(args()))
  expect(plan).toMatch(
    /Index (Only )?Scan (Backward )?using posts_status_(sort_date|title_key|updated_at|created_at)_id_idx/,
  )
  expect(plan, 'Sorting would read every post').not.toMatch(/Sort|Seq Scan on posts/)
  if (args().includes('after')) expect(plan).toMatch(/Index Cond: .*ROW\((sort_date|title_key), id\)/)
})

onPostgres.each([
  ['tag', 'tags: { any: ["rare"] }', /post_tags/],
  ['category', 'categories: { any: ["rare"] }', /post_categories/],
  ['author', 'authors: { any: ["rare"] }', /post_authors/],
  ['word', 'search: "chrysoprase"', /posts_(pkey|id_status|status)/],
])('a filter by a rare %s begins with its few posts', async (_kind, filter, table) => {
  const plan = await plansOf(list(`${first}, filter: { ${filter} }`))
  expect(plan).toMatch(table)
  expect(plan).toMatch(/posts_(pkey|id_status_sort_date_key)/)
  expect(plan).not.toMatch(/Seq Scan on (posts|post_\w+)/)
})

const newestLinks = /Index Only Scan (Backward )?using post_\w+_status_sort_date_post_id_idx on post_\w+ link/

onPostgres.each([
  ['tag of 3 posts in 10', 'tags: { any: ["tag-01"] }'],
  ['tag of one post in 20', 'tags: { all: ["many-1"] }'],
  ['category', 'categories: { any: ["category-06"] }'],
  ['author of 2 posts in 5', 'authors: { any: ["author-01"] }'],
  ['tag among other things', 'AND: [{ tags: { any: ["many-1"] } }, { authors: { none: ["rare"] } }]'],
])('a filter by one %s begins with its newest posts', async (_kind, filter) => {
  for (const args of [first, 'last: 20', `${first}, after: "${cursorAt(posts[3_000])}"`]) {
    const plan = await plansOf(list(`${args}, filter: { ${filter} }`))
    expect(plan, args).toMatch(newestLinks)
    if (args.includes('after')) expect(plan).toMatch(/Index Cond: .*ROW\(sort_date, post_id\)/)
    expect(plan).not.toMatch(/Seq Scan on posts|Sort/)
  }
})

onPostgres('a filter by a common category and those below it begins with the newest posts', async () => {
  const plan = await plansOf(list(`${first}, filter: { categories: { any: ["category-01"] } }`))
  expect(plan).toMatch(/using posts_status_sort_date_id_idx on posts/)
  expect(plan).not.toMatch(/Seq Scan on posts|Sort/)
})

onPostgres('the newest posts of every category begin with the newest posts or its own', async () => {
  const plan = await plansOf(`{ categories(first: 10) { nodes { posts(first: 5) { nodes { title } } } } }`)
  // Five of them have another one below them, and a post may be in both.
  expect(plan.match(new RegExp(newestLinks, 'g'))).toHaveLength(5)
  expect(plan.match(/Semi Join/g)).toHaveLength(5)
  expect(plan).not.toMatch(/Seq Scan on posts|Sort/)
})

onPostgres('a post is looked up by its path in an index', async () => {
  const plan = await plansOf(`{ post(by: { path: "${posts[0]?.path}" }) { title } }`)
  expect(plan).toMatch(/posts_path_key/)
})

onPostgres('a search of a rare word reads the index of words and its few posts', async () => {
  const plan = await plansOf('{ search(query: "chrysoprase") { edges { rank node { title } } } }')
  expect(plan).toMatch(/post_search_words_idx/)
  expect(plan).not.toMatch(/Seq Scan on (posts|post_search)/)
})

onPostgres('a search of a word of every post reads the columns of its page alone', async () => {
  const plan = await plansOf('{ search(query: "body", first: 20) { edges { rank node { title } } } }')
  expect(plan).toMatch(
    /^Nested Loop .*\n {2}-> {2}Limit [\s\S]*\n {2}-> {2}Index Scan using posts_pkey on posts /m,
  )
})

onPostgres('what is next to a post is one step along the index', async () => {
  const plan = await plansOf(
    `{ post(by: { id: "${posts[3_000]?.id}" }) { next { title } previous { title } } }`,
  )
  expect(plan).toMatch(/Index Scan using posts_status_sort_date_id_idx/)
  expect(plan).toMatch(/Index Scan Backward using posts_status_sort_date_id_idx/)
  expect(plan).not.toMatch(/Seq Scan on posts/)
})

onPostgres('what is related to a post begins with what its tags and categories have', async () => {
  const plan = await plansOf(`{ post(by: { id: "${posts[3_000]?.id}" }) { related(first: 5) { title } } }`)
  expect(plan).toMatch(/post_tags_tag_id_status_sort_date_post_id_idx/)
  expect(plan).toMatch(/post_categories_category_id_status_sort_date_post_id_idx/)
  expect(plan).not.toMatch(/Seq Scan on (posts|post_\w+)/)
})

onPostgres('archives can be counted from an index alone', async () => {
  // A few thousand short rows are read as fast as their index; a blog's rows are kilobytes long.
  const plan = await plansOf('{ archives(by: MONTH) { year count } }', 'off')
  expect(plan).toMatch(/Index Only Scan using posts_\w+ on posts/)
})
