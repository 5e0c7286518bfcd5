import type { Tx } from '../db/client.ts'
import { TakenError } from '../lib/errors.ts'
import { postPath, type Site } from '../urls/site-paths.ts'
import { slugify } from '../urls/slug.ts'
import type { Write } from '../write/write.ts'
import type { Snapshot } from './revisions/snapshot.ts'

export type Permalink = { slug: string; path: string; pathIsManual: boolean }

type Placed = { id: string; slug?: string; path?: string }

/**
 * Where a post lives: its slug (made from the title when none is given, numbered when it is taken) and its path.
 *
 * @param date what PERMALINK's date parts are filled with.
 * @param post the id of a new one, or the row of one that is locked: what it has already is nobody else's.
 * @throws TakenError when an explicit slug or path belongs to another post.
 */
export const permalinkFor = async (
  w: Write,
  snapshot: Snapshot,
  date: Date,
  post: Placed,
): Promise<Permalink> => {
  const slug = snapshot.slug === '' ? await freeSlug(w, snapshot, date, post.id) : snapshot.slug
  const path = snapshot.path ?? postPath(w.site, slug, date)
  if (snapshot.slug !== '' && slug !== post.slug) {
    const message = `The slug "${slug}" belongs to another post; choose another one.`
    await claim(w.tx, 'slug', slug)
    await refuseTaken(w.tx, { slug }, post.id, message, 'slug')
  }
  if (path !== post.path) {
    const message = `The path ${path} belongs to another post; choose another slug or path.`
    await claim(w.tx, 'path', path)
    await refuseTaken(w.tx, { path }, post.id, message, snapshot.path ? 'path' : 'slug')
  }
  return { slug, path, pathIsManual: snapshot.path !== null }
}

const freeSlug = async (w: Write, snapshot: Snapshot, date: Date, postId: string): Promise<string> => {
  const base = slugify(snapshot.title) || 'post'
  const numbered = (number: number) => (number === 1 ? base : `${base}-${number}`)
  const freeOf = (slugs: string[]) => notTaken(w.tx, w.site, slugs, snapshot.path, date, postId)
  // Twice as many each time: the thousandth post of a title asks ten times, not a thousand.
  for (let [first, count] = [1, 1]; ; first += count, count = Math.min(count * 2, mostAtOnce)) {
    const from = first
    const slugs = Array.from({ length: count }, (_, index) => numbered(from + index))
    for (const slug of await freeOf(slugs)) {
      await claim(w.tx, 'slug', slug)
      if ((await freeOf([slug])).length > 0) return slug
    }
  }
}

const mostAtOnce = 500

/**
 * Whoever wants the same slug or path waits here until this transaction ends, and then sees whether it is taken. Slugs
 * come before paths, and each next slug is longer or has a higher number: nobody waits in a circle.
 */
const claim = (tx: Tx, field: 'slug' | 'path', value: string): Promise<number> =>
  tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext(${`post-${field}:${value}`}))`

/** Those of the slugs that no other post has, and whose path none has where it follows from the slug. */
const notTaken = async (
  tx: Tx,
  site: Site,
  slugs: string[],
  path: string | null,
  date: Date,
  postId: string,
): Promise<string[]> => {
  const paths = path === null ? slugs.map((slug) => postPath(site, slug, date)) : []
  const rows = await tx.post.findMany({
    where: { OR: [{ slug: { in: slugs } }, { path: { in: paths } }], NOT: { id: postId } },
    select: { slug: true, path: true },
  })
  const takenSlugs = new Set(rows.map((row) => row.slug))
  const takenPaths = new Set(rows.map((row) => row.path))
  return slugs.filter((slug, index) => !takenSlugs.has(slug) && !takenPaths.has(paths[index] ?? ''))
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
