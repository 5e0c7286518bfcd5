import { TakenError } from '../../lib/errors.ts'
import { foldKey } from '../../lib/text.ts'
import type { Write } from '../../write/write.ts'
import { type Kind, kinds } from '../kinds.ts'
import { type TermInput, termIssues, urlOr, writtenFieldsOf } from './input.ts'
import { refuse, slugFor, textOr } from './names.ts'
import { isTree, type TermRow, tableOf } from './rows.ts'
import { parentFor, placeBelow } from './tree.ts'

/**
 * The columns that an input leaves behind. The caller holds `lockNames`.
 *
 * @throws ValidationError with every issue at once; TakenError.
 */
export const termColumns = async (w: Write, kind: Kind, input: TermInput, before: TermRow | null) => {
  const parent = isTree(kind)
    ? await parentFor(w, kind, input.parentId, before as TermRow<typeof kind>)
    : null
  refuse([...termIssues(kind, input), ...(parent?.issues ?? [])])
  const name = input.name?.trim() ?? before?.name ?? ''
  if (kinds[kind].hasOneSpelling) await refuseOtherSpelling(w, kind, name, before)
  const slug =
    before && input.slug === undefined
      ? before.slug
      : await slugFor(kind, input.slug, name, isSlugTaken(w, kind, before))
  return {
    name,
    nameKey: foldKey(name),
    slug,
    ...fieldColumns(kind, input, before),
    ...(parent && placeBelow(parent.row, slug)),
  }
}

/** Whether a slug belongs to another term of the kind. */
export const isSlugTaken =
  ({ tx }: Write, kind: Kind, before: { id: string } | null) =>
  async (slug: string): Promise<boolean> => {
    const holder = await tableOf(tx, kind).findUnique({ where: { slug } })
    return holder !== null && holder.id !== before?.id
  }

const fieldColumns = (kind: Kind, input: TermInput, before: object | null): Record<string, string | null> => {
  const was = (before ?? {}) as Record<string, string | null>
  return Object.fromEntries(
    writtenFieldsOf(kind).map(([field, is]) => [
      field,
      (is === 'url' ? urlOr : textOr)(input[field], was[field] ?? null),
    ]),
  )
}

const refuseOtherSpelling = async (
  { tx }: Write,
  kind: Kind,
  name: string,
  before: { id: string } | null,
): Promise<void> => {
  const other = await tableOf(tx, kind).findUnique({ where: { nameKey: foldKey(name) } })
  if (!other || other.id === before?.id) return
  const { type, plural } = kinds[kind]
  const advice = before
    ? `merge the two with merge${plural[0]?.toUpperCase()}${plural.slice(1)}`
    : `use that one, or change its spelling with update${type}`
  throw new TakenError(
    `There is a ${kind} "${other.name}" already (${other.id}), and one ${kind} has one spelling: ${advice}.`,
    ['input', 'name'],
  )
}
