import type { Permalink } from '../../posts/permalink.ts'
import { postPath } from '../../urls/site-paths.ts'
import type { Write } from '../../write/write.ts'
import type { ImportedPost, ImportFinding } from '../entry.ts'
import { notice, problem, Refused } from '../outcome.ts'
import { slugOf } from './known-posts.ts'

/**
 * Where an imported post lives. A slug that another post has gets a number and a finding; a permalink that another post
 * has keeps the post out, since readers know it by that address.
 *
 * @param date what PERMALINK's date parts are filled with where the source names no path.
 * @throws Refused when the permalink is taken.
 */
export const placeOf = async (
  w: Write,
  post: ImportedPost,
  { id, date }: { id: string; date: Date },
): Promise<{ place: Permalink; findings: ImportFinding[] }> => {
  const wanted = slugOf(post)
  const at = (slug: string): Permalink => {
    return { slug, path: post.path ?? postPath(w.site, slug, date), pathIsManual: post.path !== null }
  }
  const holders = await holdersOf(w, at(wanted), id)
  const [holder] = holders.filter(({ path }) => path === post.path)
  if (holder) throw new Refused([pathTaken(post.file, holder)])
  if (holders.length === 0) return { place: at(wanted), findings: [] }
  const place = await numbered(w, wanted, at, id)
  return { place, findings: [slugTaken(post.file, wanted, place.slug)] }
}

const holdersOf = (w: Write, { slug, path }: Permalink, id: string) =>
  w.tx.post.findMany({
    where: { NOT: { id }, OR: [{ slug }, { path }] },
    select: { path: true, title: true, origin: { select: { path: true } } },
  })

/** In one look at all that are taken: a blog may have hundreds of posts called "links". */
const numbered = async (
  w: Write,
  wanted: string,
  at: (slug: string) => Permalink,
  id: string,
): Promise<Permalink> => {
  const base = [...wanted].slice(0, longestBase).join('')
  const rows = await w.tx.post.findMany({
    where: { NOT: { id }, slug: { startsWith: `${base}-` } },
    select: { slug: true },
  })
  const taken = new Set(rows.map(({ slug }) => slug))
  for (let number = 2; ; number++) {
    const place = at(`${base}-${number}`)
    if (!taken.has(place.slug) && (await holdersOf(w, place, id)).length === 0) return place
  }
}

const longestBase = 190 // a slug has at most 200 characters, the number included

const slugTaken = (file: string, wanted: string, slug: string): ImportFinding =>
  notice(
    file,
    'slug-taken',
    `Another post has the slug "${wanted}", or the path that it would make; this one has "${slug}".`,
    'Nothing has to be done; to choose it yourself, write another "slug" into one of the two.',
  )

const pathTaken = (
  file: string,
  { path, title, origin }: { path: string; title: string; origin: { path: string } | null },
): ImportFinding =>
  problem(
    file,
    'path-taken',
    `The path ${path} belongs to the post "${title}"${origin ? ` (${origin.path})` : ''}; nothing of this one was written.`,
    'Give one of the two another permalink.',
  )
