import type { Ordering } from '../../db/page.ts'
import { RequestError } from '../../lib/errors.ts'
import { foldKey } from '../../lib/text.ts'

/** What a list of authors or terms may be narrowed to; null and absent: to nothing. */
export type ShelfFilter = {
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

export type ShelfOrder = { field: keyof typeof columns; direction: 'ASC' | 'DESC' }

/** How a list of authors or terms is sorted: by name from A to Z when nothing else is asked for. */
export const shelfOrdering = (list: string, order: ShelfOrder | null | undefined): Ordering => {
  const { field, direction } = order ?? { field: 'NAME', direction: 'ASC' }
  const name = order ? `${list}/${field}/${direction}` : `${list}/NAME/ASC`
  return { name, ...columns[field], direction: direction === 'ASC' ? 'asc' : 'desc' }
}

/**
 * The filter as Prisma's `where`, but for `hasPosts`, which is another question for a tree.
 *
 * @throws RequestError PAGE_SIZE_EXCEEDED for more ids or slugs than a page could show.
 */
export const shelfWhere = (filter: ShelfFilter | null | undefined): object => {
  const { ids, slugs, search } = filter ?? {}
  return {
    AND: [
      ...(ids == null ? [] : [{ id: { in: atMostAPage('ids', ids) } }]),
      ...(slugs == null ? [] : [{ slug: { in: atMostAPage('slugs', slugs) } }]),
      ...(search == null ? [] : [{ nameKey: { contains: literally(foldKey(search)) } }]),
    ],
  }
}

/** `hasPosts` of an author or a tag: whether one of the posts under it is in lists. */
export const withPosts = (hasPosts: boolean | null | undefined): object =>
  hasPosts == null ? {} : { posts: { [hasPosts ? 'some' : 'none']: { post: { status: 'PUBLISHED' } } } }

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
