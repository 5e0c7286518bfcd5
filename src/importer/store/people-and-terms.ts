import { foldKey } from '../../lib/text.ts'
import { ensureAuthor } from '../../taxonomy/author/author.ts'
import { ensureCategory } from '../../taxonomy/category/category.ts'
import { ensureTag } from '../../taxonomy/tag/tag.ts'
import { slugify } from '../../urls/slug.ts'
import type { Write } from '../../write/write.ts'
import type { ImportedAuthor, ImportedCategory, ImportedPost, ImportFinding } from '../entry.ts'
import { notice, problem, Refused, type Stored } from '../outcome.ts'

/** Creates an author of the source's own list; one that is here already keeps what was edited here. */
export const storeAuthor = async (w: Write, author: ImportedAuthor): Promise<Stored> => {
  if (await w.tx.author.findUnique({ where: { slug: author.slug }, select: { id: true } })) return wasHere
  const findings: ImportFinding[] = []
  const usable = (field: 'websiteUrl' | 'avatarUrl'): string | null => {
    const written = author[field]
    const url = written === null ? null : absoluteOf(written, w.site.url)
    if (written !== null && url === null) findings.push(urlUnusable(author, field, written))
    return url
  }
  await ensureAuthor(w, { ...author, websiteUrl: usable('websiteUrl'), avatarUrl: usable('avatarUrl') })
  return { ...isNew, findings }
}

/** Creates a category of the source's own list; one that is here already keeps what was edited here. */
export const storeCategory = async (w: Write, { parent, ...category }: ImportedCategory): Promise<Stored> => {
  if (await w.tx.category.findUnique({ where: { slug: category.slug }, select: { id: true } })) return wasHere
  const above = parent === null ? null : await w.tx.category.findUnique({ where: { slug: parent } })
  if (parent !== null && !above) {
    const message = `Its parent "${parent}" is not among the categories.`
    const action = 'Correct what is said of the parent, or name another one.'
    throw new Refused([problem(`category ${category.slug}`, 'category-parent', message, action)])
  }
  await ensureCategory(w, { ...category, parentId: above?.id ?? null })
  return isNew
}

const wasHere: Stored = { result: null, touched: 'nothing', findings: [] }
/** Readers see neither before a published post is filed under them. */
const isNew: Stored = { result: null, touched: 'private', findings: [] }

/** A path of the site becomes an address of the web: the API answers nothing else. */
const absoluteOf = (written: string, siteUrl: string): string | null => {
  const url = URL.parse(/^\/(?!\/)/.test(written) ? siteUrl + written : written)
  return url && /^https?:$/.test(url.protocol) ? url.href : null
}

const urlUnusable = ({ slug }: ImportedAuthor, field: string, written: string): ImportFinding =>
  notice(
    `author ${slug}`,
    'url-unusable',
    `The ${field} ${JSON.stringify(written)} is left out: it is no http or https address.`,
    'Write it like https://example.com/jane.',
  )

/** What a post is filed under, in the written order, each once. */
export type Filing = { authorIds: string[]; categoryIds: string[]; tagIds: string[] }

/**
 * Finds the post's authors, categories and tags by exact slug, then by name in any case; authors and categories then by
 * the slug that the name gives, so that one which was renamed here is found. What is not found is created.
 */
export const filingOf = async (w: Write, { authors, categories, tags }: ImportedPost): Promise<Filing> => {
  const authorIds = await fileIn(authors, {
    find: (where) => w.tx.author.findMany({ where, orderBy, select }),
    create: async (name, slug, find) =>
      ensureAuthor(w, { name, slug: slug || (await freeSlug('author', find)) }),
    isFoundByMadeSlug: true,
  })
  const categoryIds = await fileIn(named(categories), {
    find: (where) => w.tx.category.findMany({ where, orderBy, select }),
    create: async (name, slug, find) =>
      ensureCategory(w, { name, slug: slug || (await freeSlug('category', find)) }),
    isFoundByMadeSlug: true,
  })
  const tagIds = await fileIn(named(tags), {
    find: (where) => w.tx.tag.findMany({ where, orderBy, select }),
    create: (name, slug) => ensureTag(w, name, slug || 'tag'),
    isFoundByMadeSlug: false,
  })
  return { authorIds, categoryIds, tagIds }
}

type Row = { id: string; slug: string; nameKey: string }
type Find = (where: { OR: ({ slug: { in: string[] } } | { nameKey: { in: string[] } })[] }) => Promise<Row[]>
type Shelf = {
  find: Find
  /** The slug is the one that the source names, or what the name gives: nothing, for one without letters and digits. */
  create: (name: string, slug: string, find: Find) => Promise<Row>
  isFoundByMadeSlug: boolean
}

const select = { id: true, slug: true, nameKey: true } as const
const orderBy = { id: 'asc' } as const

const named = (names: string[]): { slug?: string; name: string }[] => names.map((name) => ({ name }))

/** One statement finds all that are there; a slug that the source names is the only thing that its bearer is found by. */
const fileIn = async (
  words: { slug?: string; name: string }[],
  { find, create, isFoundByMadeSlug }: Shelf,
): Promise<string[]> => {
  if (words.length === 0) return []
  const slugs = words.flatMap(({ slug, name }) => slug ?? [name, slugify(name)])
  const nameKeys = words.map(({ name }) => foldKey(name))
  const rows = await find({ OR: [{ slug: { in: slugs } }, { nameKey: { in: nameKeys } }] })
  const ids = new Set<string>()
  for (const { slug, name } of words) {
    const withSlug = (wanted: string) => rows.find((row) => row.slug === wanted)
    const withName = () => rows.find((row) => row.nameKey === foldKey(name))
    const found =
      slug === undefined
        ? (withSlug(name) ?? withName() ?? (isFoundByMadeSlug ? withSlug(slugify(name)) : undefined))
        : withSlug(slug)
    const row = found ?? (await create(name, slug ?? slugify(name), find))
    if (!found) rows.push(row)
    ids.add(row.id)
  }
  return [...ids]
}

const freeSlug = async (base: string, find: Find): Promise<string> => {
  for (let number = 1; ; number++) {
    const slug = number === 1 ? base : `${base}-${number}`
    if ((await find({ OR: [{ slug: { in: [slug] } }] })).length === 0) return slug
  }
}
