import { fromString, typeidUnboxed } from 'typeid-js'
import { kindNames } from '../taxonomy/kinds.ts'

export const idPrefixes = [
  'post',
  ...kindNames,
  'event',
  'endpoint',
  'delivery',
  'key',
  'revision',
  'preview',
  'job',
] as const
export type IdPrefix = (typeof idPrefixes)[number]

/** A new global id, such as `post_01h455vb4pex5vsknk084sn02q`: a TypeID, that is a prefix and a base32 UUIDv7. */
export const newId = (prefix: IdPrefix): string => typeidUnboxed(prefix)

/** The prefix of a well-formed global id, or null: anything else can belong to no row. */
export const prefixOf = (id: string): IdPrefix | null => {
  const prefix = idPrefixes.find((known) => id.startsWith(`${known}_`))
  if (!prefix) return null
  try {
    fromString(id, prefix)
    return prefix
  } catch {
    return null
  }
}
