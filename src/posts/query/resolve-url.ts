import type { Tx } from '../../db/client.ts'
import { Prisma } from '../../db/generated/client.ts'
import type { Viewer } from '../../keys/viewer.ts'
import { type Kind, kindNames, kinds } from '../../taxonomy/kinds.ts'
import { isTree } from '../../taxonomy/shared/rows.ts'
import { termsVisibleToSql } from '../../taxonomy/shared/visibility.ts'
import type { AskedUrl } from '../../urls/parse-url.ts'
import { type Site, termAt, termPath } from '../../urls/site-paths.ts'
import { visibleToSql } from './visibility.ts'

/** What is found at an address: the id of a post, an author or a term, an old path of one, or what is no longer there. */
export type ResolvedPage = { id: string } | { to: string; status: number } | { gone: string }

/** Who looks, and the one post that a preview token opens to them. */
type Looking = { db: Tx; site: Site; viewer: Viewer; openedId: string | null }

/**
 * The page at one of these paths, in one statement. What is live comes before old paths, and those before what the viewer
 * alone may see. An old path leads to what is public and to nothing else; Gone is only what readers once saw.
 */
export const resolvePage = async (
  { paths }: AskedUrl,
  { db, site, viewer, openedId }: Looking,
): Promise<ResolvedPage | null> => {
  const [row] = await db.$queryRaw<Row[]>`
    SELECT * FROM (
      ${postsAt(paths, viewer, openedId)}
      ${Prisma.join(
        kindsByRank.map((kind) => Prisma.sql`UNION ALL ${termsAt(kind, paths, site, viewer)}`),
        ' ',
      )}
      UNION ALL ${redirectsAt(paths)}
    ) pages(rank, kind, id, name, status, path)
    ORDER BY rank, array_position(${paths}::text[], path) LIMIT 1`
  return row ? pageOf(site, row) : null
}

/**
 * The post that WordPress knew by this id. Where several imports brought one, the one whose guid is this very address;
 * where that does not tell them apart either, none.
 */
export const findLegacyPost = async (
  { id, guids }: NonNullable<AskedUrl['legacy']>,
  { db, viewer, openedId }: Looking,
): Promise<ResolvedPage | null> => {
  const rows = await db.$queryRaw<{ id: string; guid: string | null; isLive: boolean }[]>`
    SELECT id, guid, status = 'PUBLISHED' AS "isLive" FROM posts
    WHERE legacy_id = ${id} AND ${visibleToSql(viewer, openedId)} LIMIT ${mostImports}`
  const live = rows.filter(({ isLive }) => isLive)
  const posts = live.length > 0 ? live : rows
  const [post, another] =
    posts.length > 1 ? posts.filter(({ guid }) => guid !== null && guids.includes(guid)) : posts
  return post && !another ? { id: post.id } : null
}

// Each import has an id once.
const mostImports = 100

/** `name`: by what a path is made; of a redirect with the kind of its target in `path`. */
type Row = {
  kind: Kind | 'post' | 'redirect' | 'gone'
  id: string
  name: string
  status: number | null
  path: string | null
}

const pageOf = (site: Site, { kind, id, name, status, path }: Row): ResolvedPage => {
  if (kind === 'gone') return { gone: name }
  if (kind !== 'redirect') return { id }
  const to = path === 'post' ? name : termPath(site, path as Kind, name)
  return { to, status: status ?? 301 }
}

const kindsByRank = kindNames.toSorted((one, other) => kinds[one].pathRank - kinds[other].pathRank)

const postsAt = (paths: string[], viewer: Viewer, openedId: string | null): Prisma.Sql => Prisma.sql`
  SELECT CASE WHEN id = ${openedId ?? ''} THEN 1 WHEN status = 'PUBLISHED' THEN 2 ELSE 5 END,
    'post', id, path, NULL::int, path
  FROM posts WHERE path = ANY(${paths}) AND ${visibleToSql(viewer, openedId)}`

const termsAt = (kind: Kind, paths: string[], site: Site, viewer: Viewer): Prisma.Sql => {
  const names = paths.flatMap((path) => termAt(site, kind, path) ?? [])
  const slugPaths = names.flatMap((name) => ('slugPath' in name ? name.slugPath : []))
  const slugs = names.flatMap((name) => ('slug' in name ? name.slug : []))
  const { terms, slugPath } = termSql(kind)
  const isNamed = isTree(kind)
    ? Prisma.sql`(slug_path = ANY(${slugPaths}) OR slug = ANY(${slugs}))`
    : Prisma.sql`slug = ANY(${slugs})`
  return Prisma.sql`
    SELECT 3, ${literal(kind)}, id, ${slugPath}, NULL, NULL FROM ${terms}
    WHERE ${isNamed} AND ${termsVisibleToSql(viewer, kind)}`
}

const literal = (text: Kind): Prisma.Sql => Prisma.raw(`'${text}'`)

const termSql = (kind: Kind) => ({
  terms: Prisma.raw(kinds[kind].plural),
  slugPath: Prisma.raw(isTree(kind) ? 'slug_path' : 'slug'),
  id: Prisma.raw(kinds[kind].idColumn),
})

const ofEach = (
  of: (sql: ReturnType<typeof termSql>, kind: Kind) => Prisma.Sql,
  between: string,
): Prisma.Sql =>
  Prisma.join(
    kindsByRank.map((kind) => of(termSql(kind), kind)),
    between,
  )

/** For everyone the same: whoever may see a draft is not led to it either, since those who follow may not. */
const redirectsAt = (paths: string[]): Prisma.Sql => Prisma.sql`
  SELECT CASE WHEN isLive THEN 4 ELSE 6 END, CASE WHEN isLive THEN 'redirect' ELSE 'gone' END, NULL,
    CASE WHEN isLive THEN name ELSE path END, status, CASE WHEN isLive THEN kind ELSE path END
  FROM (
    SELECT old.path, old.status,
      COALESCE(posts.status = 'PUBLISHED', ${ofEach(({ terms }) => Prisma.sql`${terms}.is_public`, ', ')}, false) AS isLive,
      COALESCE(posts.path, ${ofEach(({ terms, slugPath }) => Prisma.sql`${terms}.${slugPath}`, ', ')}) AS name,
      CASE WHEN posts.id IS NOT NULL THEN 'post'
        ${ofEach(({ terms }, kind) => Prisma.sql`WHEN ${terms}.id IS NOT NULL THEN ${literal(kind)}`, ' ')} END AS kind,
      COALESCE(posts.was_public, old.status = 410) AS wasThere
    FROM redirects old
    LEFT JOIN posts ON posts.id = old.post_id
    ${ofEach(({ terms, id }) => Prisma.sql`LEFT JOIN ${terms} ON ${terms}.id = old.${id}`, ' ')}
    WHERE old.path = ANY(${paths})
  ) old WHERE isLive OR wasThere`
