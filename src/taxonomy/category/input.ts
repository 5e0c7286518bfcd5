import type { Category } from '../../db/generated/client.ts'
import { foldKey } from '../../lib/text.ts'
import type { Write } from '../../write/write.ts'
import { refuse, slugFor, textOr } from '../shared/names.ts'
import { type TermInput, termIssues } from '../shared/term-input.ts'
import { parentFor } from './tree.ts'

/** What a caller may say of a category. Absent leaves alone, null clears: a category without a parent is a root. */
export type CategoryInput = TermInput & { parentId?: string | null }

/**
 * The columns that the input leaves behind. The caller holds `lockNames`.
 *
 * @throws ValidationError with every issue at once; TakenError.
 */
export const categoryColumns = async (w: Write, input: CategoryInput, before: Category | null) => {
  const parent = await parentFor(w, input.parentId, before)
  refuse([...termIssues('category', input), ...parent.issues])
  const name = input.name?.trim() ?? before?.name ?? ''
  const isTaken = async (slug: string): Promise<boolean> => {
    const holder = await w.tx.category.findUnique({ where: { slug }, select: { id: true } })
    return holder !== null && holder.id !== before?.id
  }
  const slug =
    before && input.slug === undefined ? before.slug : await slugFor('category', input.slug, name, isTaken)
  return {
    name,
    nameKey: foldKey(name),
    slug,
    description: textOr(input.description, before?.description ?? null),
    parentId: parent.row?.id ?? null,
    slugPath: parent.row ? `${parent.row.slugPath}/${slug}` : slug,
  }
}
