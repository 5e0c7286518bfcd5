import type { TestApp } from '../support/app.ts'
import type { Client, Reply } from '../support/client.ts'
import { newestFirst } from '../support/posts.ts'

export type PageArgs = { first?: number; after?: string | null; last?: number; before?: string | null }
export type ListPage = {
  totalCount: number
  edges: { cursor: string; node: { id: string } }[]
  nodes: { id: string }[]
  pageInfo: {
    hasNextPage: boolean
    hasPreviousPage: boolean
    startCursor: string | null
    endCursor: string | null
  }
}

const connection = `(first: $first, after: $after, last: $last, before: $before) {
  totalCount edges { cursor node { id } } nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
}`

/** The lists that anyone may page through, each as what leads to it. */
export const lists = {
  posts: `list: posts${connection}`,
  'Author.posts': `parent: author(by: { slug: "author-01" }) { list: posts${connection} }`,
  'Tag.posts': `parent: tag(by: { slug: "tag-01" }) { list: posts${connection} }`,
  'Category.posts': `parent: category(by: { slug: "category-01" }) { list: posts${connection} }`,
  authors: `list: authors${connection}`,
  tags: `list: tags${connection}`,
  categories: `list: categories${connection}`,
}
export type ListName = keyof typeof lists
export const listNames = Object.keys(lists) as ListName[]

/** Asks for a page, right or wrong. */
export const askForPage = async (
  client: Client,
  name: ListName,
  args: PageArgs,
): Promise<Reply<unknown> & { page: ListPage | null }> => {
  const query = `query ($first: Int, $after: String, $last: Int, $before: String) { ${lists[name]} }`
  const reply = await client.send<{ list?: ListPage; parent?: { list?: ListPage } }>(query, args)
  return { ...reply, page: reply.data?.list ?? reply.data?.parent?.list ?? null }
}

/** Asks for a page and expects no error. */
export const readPage = async (client: Client, name: ListName, args: PageArgs): Promise<ListPage> => {
  const { page, errors } = await askForPage(client, name, args)
  if (!page || errors.length > 0) throw new Error(`No page of ${name}: ${JSON.stringify(errors)}`)
  return page
}

export const idsOf = (page: ListPage): string[] => page.edges.map((edge) => edge.node.id)

/** The ids that a list must have, in its order, worked out without the API. */
export const expectedIds = async ({ database: { db } }: TestApp, name: ListName): Promise<string[]> => {
  if (!name.endsWith('posts')) return termIds({ db }, name)
  const posts = await db.post.findMany({
    where: { status: 'PUBLISHED' },
    include: { authors: true, categories: { include: { category: true } }, tags: true },
  })
  const [author, tag] = [
    await db.author.findUniqueOrThrow({ where: { slug: 'author-01' } }),
    await db.tag.findUniqueOrThrow({ where: { slug: 'tag-01' } }),
  ]
  return posts
    .filter((post) => {
      if (name === 'Author.posts') return post.authors.some((link) => link.authorId === author.id)
      if (name === 'Tag.posts') return post.tags.some((link) => link.tagId === tag.id)
      if (name === 'posts') return true
      return post.categories.some((link) => link.category.slugPath.split('/')[0] === 'category-01')
    })
    .sort(newestFirst)
    .map((post) => post.id)
}

const termIds = async ({ db }: Pick<TestApp['database'], 'db'>, name: ListName): Promise<string[]> => {
  const rows: { id: string; nameKey: string }[] =
    name === 'authors'
      ? await db.author.findMany()
      : name === 'tags'
        ? await db.tag.findMany()
        : await db.category.findMany()
  const byName = (one: string, other: string) => (one < other ? -1 : one > other ? 1 : 0)
  return rows
    .sort((one, other) => byName(one.nameKey, other.nameKey) || byName(one.id, other.id))
    .map((row) => row.id)
}
