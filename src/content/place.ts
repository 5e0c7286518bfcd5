import type { Tx } from '../db/client.ts'
import { TakenError } from '../errors.ts'
import { postPath, type Site } from '../site.ts'
import { slugify } from '../slug.ts'
import type { Write } from '../write.ts'
import type { Snapshot } from './snapshot.ts'

export type Place = { slug: string; path: string; pathIsManual: boolean }

/**
 * Where a post lives: its slug (made from the title when none is given, numbered when it is taken) and its path.
 *
 * @param date what PERMALINK's date parts are filled with.
 * @throws TakenError when an explicit slug or path belongs to another post.
 */
export const placeFor = async (w: Write, snapshot: Snapshot, date: Date, postId: string): Promise<Place> => {
  const slug = snapshot.slug === '' ? await freeSlug(w, snapshot, date, postId) : snapshot.slug
  const path = snapshot.path ?? postPath(w.site, slug, date)
  if (snapshot.slug !== '') {
    const message = `The slug "${slug}" belongs to another post; choose another one.`
    await claim(w.tx, 'slug', slug)
    await refuseTaken(w.tx, { slug }, postId, message, 'slug')
  }
  const message = `The path ${path} belongs to another post; choose another slug or path.`
  await claim(w.tx, 'path', path)
  await refuseTaken(w.tx, { path }, postId, message, snapshot.path ? 'path' : 'slug')
  return { slug, path, pathIsManual: snapshot.path !== null }
}

const freeSlug = async (w: Write, snapshot: Snapshot, date: Date, postId: string): Promise<string> => {
  const base = slugify(snapshot.title) || 'post'
  for (let number = 1; ; number++) {
    const slug = number === 1 ? base : `${base}-${number}`
    const looksFree = () => isFree(w.tx, w.site, slug, snapshot.path, date, postId)
    if (!(await looksFree())) continue
    await claim(w.tx, 'slug', slug)
    if (await looksFree()) return slug
  }
}

/**
 * Whoever wants the same slug or path waits here until this transaction ends, and then sees whether it is taken. Slugs
 * come before paths, and each next slug is longer or has a higher number: nobody waits in a circle.
 */
const claim = (tx: Tx, field: 'slug' | 'path', value: string): Promise<number> =>
  tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext(${`post-${field}:${value}`}))`

const isFree = async (tx: Tx, site: Site, slug: string, path: string | null, date: Date, postId: string) => {
  const taken = [{ slug }, ...(path === null ? [{ path: postPath(site, slug, date) }] : [])]
  return (
    (await tx.post.findFirst({ where: { OR: taken, NOT: { id: postId } }, select: { id: true } })) === null
  )
}

const refuseTaken = async (
  tx: Tx,
  where: { slug: string } | { path: string },
  postId: string,
  message: string,
  field: string,
): Promise<void> => {
  const holder = await tx.post.findFirst({ where: { ...where, NOT: { id: postId } }, select: { id: true } })
  if (holder) throw new TakenError(message, ['input', field])
}
