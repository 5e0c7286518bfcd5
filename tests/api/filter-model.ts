import type { PostFilter } from '../../schema/generated/graphql.ts'
import type { PostStatus } from '../../src/db/generated/enums.ts'
import type { TestApp } from '../support/app.ts'

/** A post as the model of filters knows it: what the API says of it, worked out without the API. */
export type ModelPost = {
  id: string
  status: PostStatus
  authors: string[]
  /** The slug paths of its categories, from the root. */
  categories: string[]
  tags: string[]
  publishedAt: Date | null
  updatedAt: Date
  /** Everything that it is found by, in small letters. */
  words: string[]
}

/** Every post there is, in any state. */
export const modelPosts = async ({ database: { db } }: TestApp): Promise<ModelPost[]> => {
  const posts = await db.post.findMany({
    include: {
      authors: { include: { author: true } },
      categories: { include: { category: true } },
      tags: { include: { tag: true } },
    },
  })
  return posts.map(({ authors, categories, tags, ...post }) => ({
    ...post,
    authors: authors.map(({ author }) => author.slug),
    categories: categories.map(({ category }) => category.slugPath),
    tags: tags.map(({ tag }) => tag.slug),
    words: [
      post.title,
      post.excerptText,
      post.contentText,
      ...authors.map(({ author }) => author.name),
      ...categories.map(({ category }) => category.name),
      ...tags.map(({ tag }) => tag.name),
    ].flatMap(wordsOf),
  }))
}

/** What a list with this filter holds, in plain JavaScript. */
export const modelSet = (posts: ModelPost[], filter: PostFilter, canReadAll: boolean): Set<string> => {
  const matching = posts.filter(
    (post) =>
      (canReadAll || post.status === 'PUBLISHED') &&
      (namesStatus(filter) || post.status === 'PUBLISHED') &&
      matches(post, filter),
  )
  return new Set(matching.map((post) => post.id))
}

/** Of plain letters alone, which is all that the filters below ask for. */
const wordsOf = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []

const isFound = (post: ModelPost, search: string): boolean => {
  const words = wordsOf(search)
  return (
    words.length > 0 &&
    words.every((word, index) =>
      post.words.some((own) => (index === words.length - 1 ? own.startsWith(word) : own === word)),
    )
  )
}

const namesStatus = (filter: PostFilter): boolean => JSON.stringify(filter).includes('"status":[')

const matches = (post: ModelPost, filter: PostFilter): boolean => {
  const { AND, OR, NOT, ids, status, authors, categories, tags, publishedAt, updatedAt, search } = filter
  const isIn = (slug: string) =>
    post.categories.some((path) =>
      (categories?.includeDescendants ?? true)
        ? path.split('/').includes(slug)
        : path.split('/').at(-1) === slug,
    )
  return (
    (AND ?? []).every((part) => matches(post, part)) &&
    (!OR || OR.some((part) => matches(post, part))) &&
    (!NOT || !matches(post, NOT)) &&
    (!ids || ids.includes(post.id)) &&
    (!status || status.includes(post.status)) &&
    slugsMatch(authors, (slug) => post.authors.includes(slug)) &&
    slugsMatch(categories, isIn) &&
    slugsMatch(tags, (slug) => post.tags.includes(slug)) &&
    rangeMatches(publishedAt, post.publishedAt) &&
    rangeMatches(updatedAt, post.updatedAt) &&
    (search == null || isFound(post, search))
  )
}

const slugsMatch = (filter: PostFilter['tags'], has: (slug: string) => boolean): boolean =>
  (!filter?.any || filter.any.some(has)) &&
  (!filter?.all || filter.all.every(has)) &&
  !filter?.none?.some(has)

const rangeMatches = (range: PostFilter['publishedAt'], date: Date | null): boolean => {
  const { from, before } = range ?? {}
  if (!from && !before) return true
  if (date === null) return false
  return (!from || date >= new Date(from)) && (!before || date < new Date(before))
}

/** The same numbers from 0 to 1 for the same seed (mulberry32): a failing filter comes back. */
export const randomFrom = (seed: number) => () => {
  seed = (seed + 0x6d2b79f5) | 0
  let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
}

// Words of the sample posts and of those that are made, and a few of none.
const searches = [
  'paper',
  'the press',
  'ink pa',
  'body of',
  'tag 0',
  'halima',
  'workshop',
  'post 00',
  'nowhere',
  '',
  'a',
]

/** A filter that somebody might ask with, of values that occur and a few that do not. */
export const randomFilter = (posts: ModelPost[], random: () => number, depth = 0): PostFilter => {
  const one = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T
  const some = <T>(values: readonly T[]): T[] =>
    Array.from({ length: Math.floor(random() * 3) }, () => one(values))
  const maybe = (chance: number) => random() < chance
  const slugs = (key: 'authors' | 'categories' | 'tags') => [
    'nobody-has-this',
    ...posts.flatMap((post) => post[key].flatMap((path) => path.split('/'))),
  ]
  const slugFilter = (key: 'authors' | 'categories' | 'tags') => ({
    ...(maybe(0.5) && { any: some(slugs(key)) }),
    ...(maybe(0.3) && { all: some(slugs(key)) }),
    ...(maybe(0.3) && { none: some(slugs(key)) }),
  })
  const range = (key: 'publishedAt' | 'updatedAt') => ({
    ...(maybe(0.6) && { from: one(posts)[key]?.toISOString() ?? null }),
    ...(maybe(0.4) && { before: one(posts)[key]?.toISOString() ?? null }),
  })
  const inner = () => randomFilter(posts, random, depth + 1)
  const innerList = () => Array.from({ length: Math.floor(random() * 3) }, inner)
  const likely = depth === 0 ? 0.25 : 0.2
  return {
    ...(depth < 3 && maybe(likely) && { AND: innerList() }),
    ...(depth < 3 && maybe(likely) && { OR: innerList() }),
    ...(depth < 3 && maybe(likely) && { NOT: inner() }),
    ...(maybe(0.1) && { ids: posts.filter(() => maybe(0.5)).map((post) => post.id) }),
    ...(maybe(0.3) && { status: some(['DRAFT', 'SCHEDULED', 'PUBLISHED', 'TRASHED'] as const) }),
    ...(maybe(0.2) && { authors: slugFilter('authors') }),
    ...(maybe(0.3) && {
      categories: { ...slugFilter('categories'), ...(maybe(0.4) && { includeDescendants: maybe(0.5) }) },
    }),
    ...(maybe(0.3) && { tags: slugFilter('tags') }),
    ...(maybe(0.2) && { publishedAt: range('publishedAt') }),
    ...(maybe(0.15) && { updatedAt: range('updatedAt') }),
    ...(maybe(0.15) && { search: one(searches) }),
  }
}
