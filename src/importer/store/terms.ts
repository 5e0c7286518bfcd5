import { foldKey } from '../../lib/text.ts'
import { type ByName, type Kind, kindNames, kinds } from '../../taxonomy/kinds.ts'
import { isSlugTaken } from '../../taxonomy/shared/columns.ts'
import { ensureNamed, ensureTerm } from '../../taxonomy/shared/ensure.ts'
import { writtenFieldsOf } from '../../taxonomy/shared/input.ts'
import { freeSlug } from '../../taxonomy/shared/names.ts'
import { isTree, tableOf } from '../../taxonomy/shared/rows.ts'
import { slugify } from '../../urls/slug.ts'
import type { Write } from '../../write/write.ts'
import type { ImportedPost, ImportedTerm, ImportFinding, NamedTerm } from '../entry.ts'
import { notice, problem, Refused, type Stored } from '../outcome.ts'

/** Creates a term of the source's own list; one that is here already keeps what was edited here. */
export const storeTerm = async (w: Write, kind: Kind, term: ImportedTerm): Promise<Stored> => {
  const { slug, name } = term
  if (await tableOf(w.tx, kind).findUnique({ where: { slug } })) return wasHere
  const parentId = await parentIdOf(w, kind, term)
  const written = term as unknown as Record<string, string | null>
  const findings: ImportFinding[] = []
  const usable = (field: string): string | null => {
    const text = written[field] ?? null
    const url = text === null ? null : absoluteOf(text, w.site.url)
    if (text !== null && url === null) findings.push(urlUnusable(`${kind} ${slug}`, field, text))
    return url
  }
  const fields = writtenFieldsOf(kind).map(([field, is]) => [
    field,
    is === 'url' ? usable(field) : written[field],
  ])
  await ensureTerm(w, kind, { slug, name, parentId, ...Object.fromEntries(fields) })
  return { ...isNew, findings }
}

const parentIdOf = async ({ tx }: Write, kind: Kind, term: ImportedTerm): Promise<string | null> => {
  const parent = 'parent' in term && isTree(kind) ? term.parent : null
  if (parent === null) return null
  const above = await tableOf(tx, kind).findUnique({ where: { slug: parent } })
  if (above) return above.id
  const message = `Its parent "${parent}" is not among the ${kinds[kind].plural}.`
  const action = 'Correct what is said of the parent, or name another one.'
  throw new Refused([problem(`${kind} ${term.slug}`, `${kind}-parent`, message, action)])
}

const wasHere: Stored = { result: null, touched: 'nothing', findings: [] }
/** Readers see none before a published post is linked to it. */
const isNew: Stored = { result: null, touched: 'private', findings: [] }

/** A path of the site becomes an address of the web: the API answers nothing else. */
const absoluteOf = (written: string, siteUrl: string): string | null => {
  const url = URL.parse(/^\/(?!\/)/.test(written) ? siteUrl + written : written)
  return url && /^https?:$/.test(url.protocol) ? url.href : null
}

const urlUnusable = (name: string, field: string, written: string): ImportFinding =>
  notice(
    name,
    'url-unusable',
    `The ${field} ${JSON.stringify(written)} is left out: it is no http or https address.`,
    'Write it like https://example.com/jane.',
  )

/**
 * Finds the post's terms by exact slug, then by name in any case, then by the slug that the name gives, so that one which
 * was renamed here is found; where a name belongs to one term alone, by no such slug. What is not found is created.
 */
export const termIdsOf = async (w: Write, post: ImportedPost): Promise<ByName<'idsField', string[]>> => {
  const ids: Partial<ByName<'idsField', string[]>> = {}
  for (const kind of kindNames) {
    const named = post[kinds[kind].plural].map((term) => (typeof term === 'string' ? { name: term } : term))
    ids[kinds[kind].idsField] = await idsOf(w, kind, named)
  }
  return ids as ByName<'idsField', string[]>
}

/** One statement finds all that are there; a slug that the source names is the only thing that its bearer is found by. */
const idsOf = async (w: Write, kind: Kind, terms: NamedTerm[]): Promise<string[]> => {
  if (terms.length === 0) return []
  const slugs = terms.flatMap(({ slug, name }) => slug ?? [name, slugify(name)])
  const nameKeys = terms.map(({ name }) => foldKey(name))
  const where = { OR: [{ slug: { in: slugs } }, { nameKey: { in: nameKeys } }] }
  const rows = await tableOf(w.tx, kind).findMany({ where, orderBy: { id: 'asc' } })
  const ids = new Set<string>()
  for (const { slug, name } of terms) {
    const withSlug = (wanted: string) => rows.find((row) => row.slug === wanted)
    const withName = () => rows.find((row) => row.nameKey === foldKey(name))
    const withMadeSlug = () => (kinds[kind].hasOneSpelling ? undefined : withSlug(slugify(name)))
    const found = slug === undefined ? (withSlug(name) ?? withName() ?? withMadeSlug()) : withSlug(slug)
    const row = found ?? (await create(w, kind, name, slug ?? slugify(name)))
    if (!found) rows.push(row)
    ids.add(row.id)
  }
  return [...ids]
}

/** @param slug what the source names, or what the name gives: nothing, for one without letters and digits. */
const create = async (w: Write, kind: Kind, name: string, slug: string) =>
  kinds[kind].hasOneSpelling
    ? ensureNamed(w, kind, name, slug || kind)
    : ensureTerm(w, kind, { name, slug: slug || (await freeSlug(kind, isSlugTaken(w, kind, null))) })
