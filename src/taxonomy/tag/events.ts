import type { Tag } from '../../db/generated/client.ts'
import { type Site, tagPath } from '../../urls/site-paths.ts'
import type { Write } from '../../write/write.ts'
import { knownIdsOf, mergedDetail, recordShelfFact, type ShelfFact } from '../shared/events.ts'
import { arePublic } from '../shared/post-links.ts'

type Look = ReturnType<typeof lookOf>

/** What readers see of a tag, by its public names. */
export const lookOf = (
  site: Site,
  { slug, name, description }: Pick<Tag, 'slug' | 'name' | 'description'>,
) => ({
  slug,
  name,
  description,
  path: tagPath(site, slug),
})

/**
 * Records what happened to a tag.
 *
 * @param looks of all whose pages are stale: of the tag before and after, and of those that went into it.
 * @param merged those that went into it.
 */
export const recordTagFact = async (
  w: Write,
  type: ShelfFact['type'],
  {
    tag,
    looks,
    merged = [],
    isOnPosts,
    ...rest
  }: Pick<ShelfFact, 'before' | 'changedFields' | 'previous'> & {
    tag: ShelfFact['subject']
    looks: readonly Look[]
    merged?: ShelfFact['subject'][]
    isOnPosts?: boolean
  },
): Promise<void> =>
  recordShelfFact(w, {
    ...rest,
    type,
    subject: tag,
    stale: [...knownIdsOf(merged), 'tags'],
    paths: looks.map(({ path }) => path),
    isOnPosts: isOnPosts ?? (await arePublic(w, 'tag', [tag.id])),
    detail: mergedDetail(merged),
  })
