import type { Ordering } from '../../db/page.ts'

export type PostOrder = { field: keyof typeof columns; direction: 'ASC' | 'DESC' }

/** How a list of posts is sorted: newest first unless somebody says otherwise. A cursor holds for one list and one order. */
export const orderingOf = (list: string, order: PostOrder | null | undefined): Ordering => {
  const { field, direction } = order ?? newestFirst
  return {
    name: `${list}/${field} ${direction}`,
    direction: direction === 'ASC' ? 'asc' : 'desc',
    ...columns[field],
  }
}

const newestFirst: PostOrder = { field: 'PUBLISHED_AT', direction: 'DESC' }

// Each has an index with the status before it and the id after it.
const columns = {
  PUBLISHED_AT: { field: 'sortDate', kind: 'date' },
  UPDATED_AT: { field: 'updatedAt', kind: 'date' },
  CREATED_AT: { field: 'createdAt', kind: 'date' },
  TITLE: { field: 'titleKey', kind: 'text' },
} as const
