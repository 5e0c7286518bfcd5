import type { Prisma } from '../../db/generated/client.ts'
import { RequestError } from '../../lib/errors.ts'
import { formatOffsetDateTime, type OffsetDateTime, parseOffsetDateTime } from '../../lib/offset-date-time.ts'
import { checkFilter, type PostFilter } from './filter.ts'

/** A filter as JSON, in the form that GraphQL variables have: what is null is left out. */
export const filterToJson = (filter: PostFilter): Prisma.InputJsonObject =>
  convert(filter, (time) => formatOffsetDateTime(time as OffsetDateTime)) as Prisma.InputJsonObject

/** The filter that `filterToJson` made it from. */
export const filterFromJson = (json: object): PostFilter =>
  convert(json, (time) => parseOffsetDateTime(time as string))

/** Why a filter cannot be kept, as a sentence that names the part at fault; null when it can. */
export const filterProblem = (filter: PostFilter): string | null => {
  try {
    checkFilter(filter)
  } catch (error) {
    if (error instanceof RequestError) return error.message
    throw error
  }
  const bytes = Buffer.byteLength(JSON.stringify(filterToJson(filter)))
  return bytes > maxKeptBytes
    ? `"filter" has ${bytes} bytes; at most ${maxKeptBytes} are kept. Name fewer values.`
    : null
}

// It is read with every post that is saved. Five hundred ids or slugs fit in.
const maxKeptBytes = 16 * 1024

const convert = (filter: object, time: (value: unknown) => unknown): PostFilter =>
  Object.fromEntries(
    Object.entries(filter)
      .filter(([, value]) => value != null)
      .map(([name, value]) => [name, convertField(name, value, time)]),
  )

const convertField = (name: string, value: unknown, time: (value: unknown) => unknown): unknown => {
  if (name === 'AND' || name === 'OR') return (value as object[]).map((part) => convert(part, time))
  if (name === 'NOT') return convert(value as object, time)
  if (name !== 'publishedAt' && name !== 'updatedAt') return present(value)
  return Object.fromEntries(Object.entries(present(value) as object).map(([end, at]) => [end, time(at)]))
}

/** Without what is null. */
const present = (value: unknown): unknown =>
  typeof value === 'object' && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value as object).filter(([, part]) => part != null))
    : value
