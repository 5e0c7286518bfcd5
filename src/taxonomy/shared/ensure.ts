import type { Tx } from '../../db/client.ts'
import { newId } from '../../lib/id.ts'
import { foldKey } from '../../lib/text.ts'
import { slugify } from '../../urls/slug.ts'
import type { Write } from '../../write/write.ts'
import { type Kind, kinds } from '../kinds.ts'
import { isSlugTaken } from './columns.ts'
import type { TermInput } from './input.ts'
import { lockNames } from './locks.ts'
import { freeSlug, meant } from './names.ts'
import { isTree, type TermRow, tableOf } from './rows.ts'
import { placeBelow } from './tree.ts'

// What is made here is made by the way, for a post that names it: nobody without content:read sees it before a published
// post does.

/**
 * The terms that words mean, by the word: the exact slug first, then the name in any case where the kind is found by it.
 * One statement for all.
 */
export const findTerms = async <K extends Kind>(
  tx: Tx,
  kind: K,
  words: string[],
): Promise<Map<string, TermRow<K>>> => {
  const bySlug = { slug: { in: words } }
  if (!kinds[kind].isFoundByName) {
    const rows = await tableOf(tx, kind).findMany({ where: bySlug })
    return new Map(rows.map((row) => [row.slug, row]))
  }
  const where = { OR: [bySlug, { nameKey: { in: words.map(foldKey) } }] }
  return meant(words, await tableOf(tx, kind).findMany({ where, orderBy: { id: 'asc' } }))
}

/** The terms that words mean, by the word; those that there are not yet are created, under a free slug. */
export const ensureTerms = async <K extends Kind>(
  w: Write,
  kind: K,
  words: string[],
): Promise<Map<string, TermRow<K>>> => {
  const found = await findTerms(w.tx, kind, words)
  const missing = words.filter((word) => !found.has(word))
  if (missing.length === 0) return found
  await lockNames(w, kind)
  for (const [word, term] of await findTerms(w.tx, kind, missing)) found.set(word, term)
  const made: TermRow<K>[] = []
  for (const word of missing.filter((word) => !found.has(word))) {
    // `KDE` and `kde` are one tag, and so is `k-d-e` where that is the slug that one has got.
    const term = meant([word], made).get(word) ?? (await makeNamed(w, kind, word, slugify(word) || kind))
    made.push(term)
    found.set(word, term)
  }
  return found
}

/** The term of a name, or of the slug that it is; where there is none it is created, under that slug if it is free. */
export const ensureNamed = async <K extends Kind>(
  w: Write,
  kind: K,
  name: string,
  slug: string,
): Promise<TermRow<K>> => {
  await lockNames(w, kind)
  return (await findTerms(w.tx, kind, [name])).get(name) ?? makeNamed(w, kind, name, slug)
}

/** The term that has the slug; where there is none it is created. */
export const ensureTerm = async <K extends Kind>(
  w: Write,
  kind: K,
  term: TermInput<K> & { slug: string; name: string },
): Promise<TermRow<K>> => {
  const find = () => tableOf(w.tx, kind).findUnique({ where: { slug: term.slug } })
  return (await find()) ?? (await lockNames(w, kind).then(find)) ?? make(w, kind, term)
}

const makeNamed = async <K extends Kind>(w: Write, kind: K, name: string, slug: string) => {
  const free = await freeSlug(slug, isSlugTaken(w, kind, null))
  return make(w, kind, { slug: free, name: name.trim() })
}

const make = async <K extends Kind>(
  w: Write,
  kind: K,
  { parentId = null, ...term }: TermInput & { slug: string; name: string },
): Promise<TermRow<K>> => {
  const parent =
    parentId !== null && isTree(kind)
      ? await tableOf(w.tx, kind).findUnique({ where: { id: parentId } })
      : null
  const place = isTree(kind) ? placeBelow(parent, term.slug) : {}
  const times = { createdAt: w.now, updatedAt: w.now }
  const data = { id: newId(kind), ...term, nameKey: foldKey(term.name), ...place, ...times }
  return tableOf(w.tx, kind).create({ data })
}
