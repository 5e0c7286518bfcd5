import { fromUUID } from 'typeid-js'
import type { IdPrefix } from '../src/lib/id.ts'
import { createRandom, type Random } from './random.ts'

export type BlogSize = {
  posts: number
  authors: number
  categories: number
  /** How many of the categories are at the top; the others are below them, in turn. */
  rootCategories: number
  tags: number
}

export type BlogTerm = { id: string; slug: string; name: string }
export type BlogCategory = BlogTerm & { parent: BlogCategory | null }
export type BlogBody = { html: string; excerpt: string }
export type BlogPost = {
  id: string
  slug: string
  /** As the default PERMALINK has it. */
  path: string
  title: string
  body: BlogBody
  publishedAt: Date
  author: BlogTerm
  categories: BlogTerm[]
  tags: BlogTerm[]
}
export type Blog = {
  authors: BlogTerm[]
  categories: BlogCategory[]
  /** Those that posts draw. */
  tags: BlogTerm[]
  /** Of `rarePosts` posts, which have `rareWord` in their titles as well. */
  rareTag: BlogTerm
  /** Of one post in 200, but of no fewer than `rarePosts`: neither its posts nor the newest ones are few to look at. */
  scarceTag: BlogTerm
  /** Newest first. Made one by one: a large blog need not fit into memory. */
  posts(): Generator<BlogPost>
}

/** The blog of README.md: a publication of twenty years. */
export const blogSize: BlogSize = {
  posts: 10_000,
  authors: 50,
  categories: 60,
  rootCategories: 60,
  tags: 2_000,
}

/** In the titles of `rarePosts` posts, however large the blog is. */
export const rareWord = 'chrysoprase'
/** Two pages of them. */
export const rarePosts = 40
/** In the body of every second post. */
export const commonWord = 'gazette'

/** A blog that is the same, ids included, in every run: one author, two categories and five tags a post. */
export const makeBlog = (size: BlogSize, seed = 1): Blog => {
  const random = createRandom(seed)
  const terms = (prefix: IdPrefix, count: number) =>
    Array.from({ length: count }, (_, index) => makeTerm(prefix, index, random))
  const authors = terms('author', size.authors)
  const categories = treeOf(terms('category', size.categories), size.rootCategories)
  const tags = terms('tag', size.tags)
  const [rareTag, scarceTag] = [makeTerm('tag', size.tags, random), makeTerm('tag', size.tags + 1, random)]
  const bodies = Array.from({ length: distinctBodies }, (_, index) => makeBody(random, index % 2 === 0))
  const isOneOf = (index: number, some: number) => index % Math.max(1, Math.floor(size.posts / some)) === 0
  const scarcePosts = Math.max(rarePosts, size.posts / 200)
  const posts = function* () {
    const own = createRandom(seed + 1)
    for (let index = 0; index < size.posts; index++) {
      const publishedAt = dateOf(index, size.posts, own)
      const isRare = isOneOf(index, rarePosts)
      const words = `${sentence(own, 4 + own.below(6))}${isRare ? ` ${rareWord}` : ''}`
      const marks = [...(isRare ? [rareTag] : []), ...(isOneOf(index, scarcePosts) ? [scarceTag] : [])]
      const slug = `${words.toLowerCase().replaceAll(' ', '-')}-${index}`
      yield {
        id: makeId('post', publishedAt, own),
        slug,
        path: `/${publishedAt.toISOString().slice(0, 7).replace('-', '/')}/${slug}/`,
        title: `${words} ${index}`,
        body: bodies[index % bodies.length] ?? emptyBody,
        publishedAt,
        author: own.pick(authors, 1)[0] ?? makeTerm('author', 0, own),
        categories: own.pick(categories, 2),
        tags: [...own.pick(tags, 5 - marks.length), ...marks],
      }
    }
  }
  return { authors, categories, tags, rareTag, scarceTag, posts }
}

// Rendering is the slow part of filling a database, and what is read of a body is its size: 500 different ones take
// less than two seconds and are more than any cache of texts would hold by chance.
const distinctBodies = 500

const emptyBody: BlogBody = { html: '', excerpt: '' }

const newest = new Date('2026-01-01T00:00:00Z')
const spanMs = 20 * 365.25 * 86_400_000

/** Whole seconds, evenly spread over twenty years with some jitter, so that newest first is one order only. */
const dateOf = (index: number, posts: number, random: Random): Date => {
  const stepMs = spanMs / posts
  const agoMs = (index + random.next() * 0.8) * stepMs
  return new Date(Math.floor((newest.getTime() - agoMs) / 1_000) * 1_000)
}

const treeOf = (terms: readonly BlogTerm[], roots: number): BlogCategory[] => {
  const tree: BlogCategory[] = []
  for (const [index, term] of terms.entries()) {
    tree.push({ ...term, parent: index < roots ? null : (tree[index % roots] ?? null) })
  }
  return tree
}

const makeTerm = (prefix: IdPrefix, index: number, random: Random): BlogTerm => {
  const name = `${sentence(random, 2)} ${index}`
  return { id: makeId(prefix, newest, random), slug: name.toLowerCase().replaceAll(' ', '-'), name }
}

/** A UUIDv7 (RFC 9562, section 5.7) as the program's own ids are, but of the given time and of repeatable chance. */
const makeId = (prefix: IdPrefix, at: Date, random: Random): string => {
  const hex = (digits: number) => Array.from({ length: digits }, () => random.below(16).toString(16)).join('')
  const time = at.getTime().toString(16).padStart(12, '0')
  return fromUUID(`${time.slice(0, 8)}-${time.slice(8)}-7${hex(3)}-8${hex(3)}-${hex(12)}`, prefix)
}

/** About 3 KB of the HTML that blogs are made of, and 200 characters that stand for it. */
const makeBody = (random: Random, isGazette: boolean): BlogBody => {
  const paragraph = () =>
    `<p>${sentence(random, 30)}, <em>${sentence(random, 3)}</em>; <a href="https://example.com/${random.below(1e6)}/">${sentence(random, 4)}</a> ${sentence(random, 25)}.</p>`
  const list = () =>
    `<ul>\n${Array.from({ length: 4 }, () => `<li>${sentence(random, 6)}</li>`).join('\n')}\n</ul>`
  const section = (heading: string) => [`<h2>${heading}</h2>`, paragraph(), paragraph(), list()].join('\n')
  const code = `<pre><code>${sentence(random, 12)}</code></pre>`
  const image = `<p><img src="https://example.com/${random.below(1e6)}.jpg" alt="${sentence(random, 3)}" width="640" height="480"></p>`
  const html = [
    paragraph(),
    image,
    section(sentence(random, 3)),
    code,
    section(sentence(random, 3)),
    ...(isGazette ? [`<p>As the ${commonWord} has it.</p>`] : []),
    paragraph(),
  ]
  return { html: html.join('\n'), excerpt: sentence(random, 40).slice(0, 200).trim() }
}

const sentence = (random: Random, count: number): string => {
  const text = Array.from({ length: count }, () => vocabulary[random.below(vocabulary.length)] ?? '').join(
    ' ',
  )
  return text.charAt(0).toUpperCase() + text.slice(1)
}

const vocabulary = (
  'ink paper press proof plate type letter margin galley folio sheet reel quay river tide harbour lamp ledger ' +
  'edition column page issue morning evening winter summer rain market bridge tower stair window bench garden road ' +
  'carries holds turns waits prints reads folds cuts binds sells keeps finds loses brings takes writes runs stands ' +
  'slow early late heavy quiet narrow bright plain careful common sudden final local daily small broad warm cold ' +
  'with under over beside before after between without against around toward across behind within beyond near'
).split(' ')
