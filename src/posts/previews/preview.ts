import type { Tx } from '../../db/client.ts'
import type { Prisma } from '../../db/generated/client.ts'
import { type Rendered, rendererVersion } from '../../markup/rendered.ts'
import { postPath, type Site } from '../../urls/site-paths.ts'
import { contentColumns } from '../fields/columns.ts'
import type { Permalink } from '../permalink.ts'
import { dateOf, type Snapshot } from '../revisions/snapshot.ts'
import { readSnapshot } from '../revisions/stored-snapshot.ts'
import { tokenHash } from './preview-token.ts'

/** The one post that a preview token opens, with its edits that are not live yet; null when nothing is pending. */
export type Preview = {
  postId: string
  draft: { revisionId: string; snapshot: Snapshot; rendered: Rendered; place: Permalink } | null
}

type Row = {
  postId: string
  createdAt: Date
  revisionId: string | null
  snapshot: Prisma.JsonValue
  rendered: Rendered
}

/** What a token opens; null when it is unknown, expired or revoked, or its post is in the trash. */
export const openPreview = async (db: Tx, site: Site, token: string, now: Date): Promise<Preview | null> => {
  // In one statement: a save in between would clear what was rendered of the draft before it.
  const [row] = await db.$queryRaw<Row[]>`
    SELECT posts.id AS "postId", posts.created_at AS "createdAt",
      draft.id AS "revisionId", draft.snapshot, draft.rendered
    FROM preview_tokens token JOIN posts ON posts.id = token.post_id
    LEFT JOIN post_revisions draft ON draft.id = posts.draft_id
    WHERE token.hash = ${tokenHash(token)} AND token.revoked_at IS NULL AND token.expires_at > ${now}
      AND posts.status <> 'TRASHED'`
  if (!row) return null
  const { postId, createdAt, revisionId, rendered } = row
  if (revisionId === null) return { postId, draft: null }
  const snapshot = readSnapshot(row.snapshot)
  return { postId, draft: { revisionId, snapshot, rendered, place: placeOf(site, snapshot, createdAt) } }
}

/** The row of a post with its pending edits in the place of what is live. Its status, versions and times stay its own. */
export const withDraft = <Row extends { id: string }>(row: Row, preview: Preview | null): Row => {
  if (preview?.postId !== row.id || preview.draft === null) return row
  const { revisionId, snapshot, rendered, place } = preview.draft
  const columns = {
    ...contentColumns(snapshot, { rendered, rendererVersion }, place),
    coverImage: snapshot.coverImage,
  }
  return { ...row, ...columns, stateId: revisionId }
}

/** Where the draft would be if it were live; as saving it found, it is free. */
const placeOf = (site: Site, snapshot: Snapshot, createdAt: Date): Permalink => ({
  slug: snapshot.slug,
  path: snapshot.path ?? postPath(site, snapshot.slug, dateOf(snapshot) ?? createdAt),
  pathIsManual: snapshot.path !== null,
})
