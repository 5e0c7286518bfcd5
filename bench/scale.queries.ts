import { type Blog, type BlogPost, commonWord, rareWord } from './data.ts'
import { createRandom } from './random.ts'

/** What is asked of a blog, however large it is: as many requests at each size, and as many rows in each answer. */
export type Operation = {
  name: string
  /** GraphQL requests as JSON bodies, asked in turn. */
  bodies: string[]
  /** A field that every row of an answer has once; null where the answer is a number. */
  rowField: string | null
  /** How many times as long it may take at the largest size as at the smallest; null where it may grow with the blog. */
  target: number | null
}

/** How many rows a page has. */
export const pageRows = 20

/** The operations with the values of one blog; `cursor` is that of the last post before its page 1,000, or its last page. */
export const operationsOn = (blog: Blog, cursor: string): Operation[] => {
  const posts = somePosts(blog)
  const roots = blog.categories.filter(({ parent }) => parent === null)
  const list = (name: string, filters: object[]): Operation => ({
    ...byId,
    name,
    bodies: filters.map((filter) => bodyOf(filtered, { filter })),
  })
  const search = (name: string, word: string, target: number): Operation => ({
    ...byId,
    name,
    bodies: [bodyOf(found, { query: word })],
    target,
  })
  return [
    { ...byId, name: 'page 1', bodies: [bodyOf(filtered, {})] },
    { ...byId, name: 'page 1,000', bodies: [bodyOf(filtered, { after: cursor })] },
    {
      ...byId,
      name: 'post by path',
      bodies: posts.map(({ id, path }) => bodyOf(byPath, { id, path })),
    },
    {
      ...byId,
      name: 'resolveUrl',
      bodies: posts.map(({ path }) => bodyOf(resolved, { path })),
    },
    list('by a tag of 5 % of posts', blog.tags.slice(0, values).map(slugs('tags'))),
    list('by a tag of 0.5 % of posts, of 40 at least', [blog.scarceTag].map(slugs('tags'))),
    list('by a tag of 40 posts', [blog.rareTag].map(slugs('tags'))),
    list('by category and those below it', roots.map(slugs('categories'))),
    list('by author', blog.authors.slice(0, values).map(slugs('authors'))),
    list('by a year', years.map(yearOf)),
    {
      ...byId,
      name: 'next and previous',
      bodies: posts.map(({ id }) => bodyOf(neighbours, { id })),
      target: null,
    },
    { ...byId, name: 'related', bodies: posts.map(({ id }) => bodyOf(related, { id })), target: null },
    { name: 'archives', bodies: [bodyOf(archives, {})], rowField: 'month', target: null },
    { ...byId, name: '10 categories with 5 posts each', bodies: [bodyOf(deep, {})], target: null },
    { name: 'totalCount', bodies: [bodyOf(counted, {})], rowField: null, target: null },
    search('search of a word of 40 posts', rareWord, flat),
    search('search of a word of every second post', commonWord, 20),
  ]
}

// What takes an index to a page is a few steps longer in a larger one; three times leaves room for a colder cache.
const flat = 3
const byId = { rowField: 'id', target: flat }

// Enough that no page of a table is asked for all the time, and few enough that each is asked for in the warm-up.
const values = 20

/** Neither the newest nor the oldest, which have but one neighbour. */
const somePosts = (blog: Blog): Pick<BlogPost, 'id' | 'path'>[] => {
  const all = Array.from(blog.posts(), ({ id, path }) => ({ id, path }))
  return createRandom(1).pick(all.slice(1, -1), values * 5)
}

const slugs =
  (field: 'tags' | 'categories' | 'authors') =>
  ({ slug }: { slug: string }) => ({ [field]: { any: [slug] } })

const years = [2007, 2010, 2013, 2016, 2019, 2022, 2025]
const yearOf = (year: number) => ({
  publishedAt: { from: `${year}-01-01T00:00:00Z`, before: `${year + 1}-01-01T00:00:00Z` },
})

const bodyOf = (query: string, variables: object): string => JSON.stringify({ query, variables })

// The columns of a row in a list, and nothing that takes a statement of its own: how the list grows is what is asked.
const row = 'id title path publishedAt excerpt'

const filtered = `query ($after: String, $filter: PostFilter) {
  posts(first: ${pageRows}, after: $after, filter: $filter) { nodes { ${row} } pageInfo { hasNextPage endCursor } }
}`
const byPath = `query ($path: String!) { post(by: { path: $path }) { ${row} content } }`
const resolved = `query ($path: String!) { resolveUrl(url: $path) { ... on Post { ${row} } } }`
const neighbours = `query ($id: ID!) { post(by: { id: $id }) { id next { ${row} } previous { ${row} } } }`
const related = `query ($id: ID!) { post(by: { id: $id }) { id related(first: 5) { ${row} } } }`
const archives = '{ archives(by: MONTH) { year month count } }'
const deep = `{
  categories(first: 10) { nodes { name posts(first: 5) { nodes { ${row} author { name } tags { name } } } } }
}`
const counted = '{ posts(first: 1) { totalCount } }'
const found = `query ($query: String!) { search(query: $query) { edges { rank node { ${row} } } } }`
