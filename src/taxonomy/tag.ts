import { hasScope, type Viewer } from '../auth/viewer.ts'
import type { Tx } from '../db/client.ts'
import type { Prisma, Tag } from '../db/generated/client.ts'
import { newId } from '../id.ts'
import { foldKey } from '../text.ts'
import type { Write } from '../write.ts'

/** Without content:read a tag is there once a published post bears it: a draft's tags may tell what it is about. */
export const tagsVisibleTo = (viewer: Viewer): Prisma.TagWhereInput =>
  hasScope(viewer, 'CONTENT_READ') ? {} : { posts: { some: { post: { status: 'PUBLISHED' } } } }

/** The tag that a word means: the exact slug first, then the name in any case; null when there is none. */
export const findTag = async (tx: Tx, word: string): Promise<Tag | null> =>
  (await tx.tag.findUnique({ where: { slug: word } })) ??
  tx.tag.findUnique({ where: { nameKey: foldKey(word) } })

/** Creates the tag under a free slug, or returns the one that the name means: `KDE` and `kde` are one tag. */
export const ensureTag = async (w: Write, name: string, slug: string): Promise<Tag> => {
  const nameKey = foldKey(name)
  // Two transactions that bring the same new tag wait for each other instead of failing on its key or its slug. One lock
  // for all tags: with one a tag, two that bring the same tags in another order would wait in a circle.
  await w.tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext('new-tag'))`
  const existing = await findTag(w.tx, name)
  if (existing) return existing
  const data = { id: newId('tag'), name: name.trim(), nameKey, createdAt: w.now, updatedAt: w.now }
  return w.tx.tag.create({ data: { ...data, slug: await freeSlug(w.tx, slug) } })
}

const freeSlug = async (tx: Tx, wanted: string): Promise<string> => {
  for (let number = 1; ; number++) {
    const slug = number === 1 ? wanted : `${wanted}-${number}`
    if (!(await tx.tag.findUnique({ where: { slug }, select: { id: true } }))) return slug
  }
}
