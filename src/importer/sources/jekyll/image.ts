import type { ImportedPost } from '../../entry.ts'
import { type Fields, scalarText } from '../front-matter/fields.ts'
import { isMap } from '../front-matter/front-matter.ts'

/** `image: path` with an `image_alt` beside it, or `image: { path, alt }` (also `url` or `src`). */
export const coverImageOf = (fields: Fields): ImportedPost['coverImage'] => {
  const value = fields.take('image')
  const text = scalarText(value)?.trim()
  if (text === '' || text === 'false') return null
  if (text !== undefined) return { url: text, alt: fields.text('image_alt') }
  const image = isMap(value) ? imageOf(value) : null
  if (image === null) {
    fields.wrongType('image', 'an address or a map with a "path"')
    return null
  }
  // Width, caption and the like have no place in a cover image: the whole is kept as metadata, too.
  if (isMap(value) && Object.keys(value).some((key) => !imageKeys.has(key))) fields.keep('image')
  return image
}

const imageKeys = new Set(['path', 'url', 'src', 'alt'])

const imageOf = (map: Record<string, unknown>): ImportedPost['coverImage'] => {
  const url = scalarText(map.path ?? map.url ?? map.src ?? null)?.trim()
  const alt = scalarText(map.alt ?? null)
  return url && alt !== undefined ? { url, alt: map.alt == null ? null : alt } : null
}
