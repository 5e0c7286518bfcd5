import type { Author } from '../../db/generated/client.ts'
import { authorPath, type Site } from '../../urls/site-paths.ts'
import type { Write } from '../../write/write.ts'
import { recordShelfFact, type ShelfFact } from '../shared/events.ts'
import { arePublic } from '../shared/post-links.ts'

type Look = ReturnType<typeof lookOf>

/** What readers see of an author, by its public names. */
export const lookOf = (
  site: Site,
  {
    slug,
    name,
    bio,
    websiteUrl,
    avatarUrl,
  }: Pick<Author, 'slug' | 'name' | 'bio' | 'websiteUrl' | 'avatarUrl'>,
) => ({ slug, name, bio, websiteUrl, avatarUrl, path: authorPath(site, slug) })

/**
 * Records what happened to an author.
 *
 * @param looks before and after, as far as there are both.
 */
export const recordAuthorFact = async (
  w: Write,
  type: ShelfFact['type'],
  {
    author,
    looks,
    isOnPosts,
    ...rest
  }: Pick<ShelfFact, 'before' | 'changedFields' | 'previous'> & {
    author: ShelfFact['subject']
    looks: readonly Look[]
    isOnPosts?: boolean
  },
): Promise<void> =>
  recordShelfFact(w, {
    ...rest,
    type,
    subject: author,
    stale: ['authors'],
    paths: looks.map(({ path }) => path),
    isOnPosts: isOnPosts ?? (await arePublic(w, 'author', [author.id])),
  })
