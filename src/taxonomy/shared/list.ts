import type { Tx } from '../../db/client.ts'
import { Prisma } from '../../db/generated/client.ts'
import type { Ordering } from '../../db/page.ts'
import { RequestError } from '../../lib/errors.ts'
import { foldKey } from '../../lib/text.ts'
import { type Kind, kinds } from '../kinds.ts'
import { isTree } from './rows.ts'
import { lineOf } from './tree.ts'

/** What a list of terms may be narrowed to; null and absent: to nothing. */
export type TermFilter = {
  ids?: string[] | null
  slugs?: string[] | null
  search?: string | null
  hasPosts?: boolean | null
}

/** What the lists are sorted by, each a column that an index has. Not the number of posts: it moves while one pages. */
const columns = {
  NAME: { field: 'nameKey', kind: 'text' },
  CREATED_AT: { field: 'createdAt', kind: 'date' },
  UPDATED_AT: { field: 'updatedAt', kind: 'date' },
} as const

export type TermOrder = { field: keyof typeof columns; direction: 'ASC' | 'DESC' }

/** How a list of terms is sorted: by name from A to Z when nothing else is asked for. */
export const termOrdering = (kind: Kind, order: TermOrder | null | undefined): Ordering => {
  const { field, direction } = order ?? { field: 'NAME', direction: 'ASC' }
  const name = order ? `${kinds[kind].plural}/${field}/${direction}` : `${kinds[kind].plural}/NAME/ASC`
  return { name, ...columns[field], direction: direction === 'ASC' ? 'asc' : 'desc' }
}

/**
 * The filter as Prisma's `where`, but for `hasPosts`, which is another question for a tree.
 *
 * @throws RequestError PAGE_SIZE_EXCEEDED for more ids or slugs than a page could show.
 */
export const termWhere = (filter: TermFilter | null | undefined): object => {
  const { ids, slugs, search } = filter ?? {}
  return {
    AND: [
      ...(ids == null ? [] : [{ id: { in: atMostAPage('ids', ids) } }]),
      ...(slugs == null ? [] : [{ slug: { in: atMostAPage('slugs', slugs) } }]),
      ...(search == null ? [] : [{ nameKey: { contains: literally(foldKey(search)) } }]),
    ],
  }
}

/** `hasPosts`: whether one of the posts under it is in lists; in a tree, of those under what is below it, too. */
export const withPosts = async (
  db: Tx,
  kind: Kind,
  hasPosts: boolean | null | undefined,
): Promise<object> => {
  if (hasPosts == null) return {}
  if (!isTree(kind)) return { posts: { [hasPosts ? 'some' : 'none']: { post: { status: 'PUBLISHED' } } } }
  const { plural, links, idColumn } = kinds[kind]
  const [terms, link, id] = [plural, links, idColumn].map((name) => Prisma.raw(name))
  const rows = await db.$queryRaw<{ slugPath: string }[]>`
    SELECT slug_path AS "slugPath" FROM ${terms} WHERE EXISTS (
      SELECT FROM ${link} JOIN posts ON posts.id = ${link}.post_id
      WHERE ${link}.${id} = ${terms}.id AND posts.status = 'PUBLISHED'
    )`
  const slugPaths = [...new Set(rows.flatMap(({ slugPath }) => lineOf(slugPath)))]
  return { slugPath: hasPosts ? { in: slugPaths } : { notIn: slugPaths } }
}

const maxEntries = 100

const atMostAPage = (name: string, entries: string[]): string[] => {
  if (entries.length <= maxEntries) return entries
  throw new RequestError(
    'PAGE_SIZE_EXCEEDED',
    `"${name}" has ${entries.length} entries; at most ${maxEntries} can be asked for at once.`,
  )
}

/** Prisma hands a text on to LIKE as it is: what stands for anything there is to stand for itself. */
const literally = (text: string): string => text.replace(/[\\%_]/g, '\\$&')
