import type { Tx } from '../../db/client.ts'
import { Prisma } from '../../db/generated/client.ts'
import { columnName } from '../../db/page.ts'
import { prefixOf } from '../../lib/id.ts'
import { type Kind, kindNames, kinds } from '../../taxonomy/kinds.ts'

/**
 * Which published posts share tags and categories with each of these, the most related first. A shared one weighs the
 * more the fewer published posts have it, 1 / ln(1 + posts); of the same weight the newest come first.
 *
 * The cost is bounded however many posts there are: of each tag and category the newest `candidates` are looked at, once
 * for all that bear it, and one with more of them weighs as if it had no more. All posts are asked about at once: for each by
 * itself PostgreSQL would go through the candidates of all.
 *
 * @param ids of posts, for what is live, of revisions, for what they hold, and of events, for what they keep.
 */
export const relatedIds = async (
  { db }: { db: Tx },
  ids: string[],
  first: number,
): Promise<Map<string, string[]>> => {
  const rows = await db.$queryRaw<{ id: string; relatedId: string }[]>`
    WITH linked AS (${unionOf((kind) => termsBy(kind, ids))}),
    candidates AS MATERIALIZED (
      SELECT term_id, post_id, sort_date, 1 / ln(1 + count(*) OVER (PARTITION BY term_id)) AS weight FROM (
        ${unionOf(candidatesOf)}
      ) newest
    )
    SELECT id, "relatedId" FROM (
      SELECT id, post_id AS "relatedId",
        row_number() OVER (PARTITION BY id ORDER BY weight DESC, sort_date DESC, post_id DESC) AS place
      FROM (
        SELECT linked.id, candidates.post_id, candidates.sort_date, round(sum(candidates.weight) * 1e6) AS weight
        FROM linked JOIN candidates ON candidates.term_id = linked.term_id
        WHERE candidates.post_id <> linked.post_id
        GROUP BY linked.id, candidates.post_id, candidates.sort_date
      ) shared
    ) ranked
    WHERE place <= ${first} ORDER BY id, place`
  const related = new Map<string, string[]>()
  for (const { id, relatedId } of rows) related.set(id, [...(related.get(id) ?? []), relatedId])
  return related
}

// Beyond these a tag says little of a post.
const candidates = 200

const unionOf = (of: (kind: Kind) => Prisma.Sql): Prisma.Sql =>
  Prisma.join(kindNames.filter((kind) => kinds[kind].relatesPosts).map(of), ' UNION ALL ')

const termsBy = (kind: Kind, ids: string[]): Prisma.Sql => {
  const [links, key] = [Prisma.raw(kinds[kind].links), Prisma.raw(kinds[kind].idColumn)]
  const written = kinds[kind].idsField
  const [revisions, events] = ['revision', 'event'].map((prefix) =>
    ids.filter((id) => prefixOf(id) === prefix),
  )
  const live = Prisma.sql`
    SELECT post_id AS id, post_id, ${key} AS term_id FROM ${links} WHERE post_id = ANY(${ids})`
  const pending = Prisma.sql`
    UNION ALL SELECT revision.id, revision.post_id, written.id FROM post_revisions revision
    CROSS JOIN LATERAL json_array_elements_text(revision.snapshot->${written}::text) AS written(id)
    WHERE revision.id = ANY(${revisions})`
  const past = Prisma.sql`
    UNION ALL SELECT event.id, event.subject_id, named.id FROM events event
    CROSS JOIN LATERAL json_array_elements_text(event.before->${columnName(written)}::text) AS named(id)
    WHERE event.id = ANY(${events})`
  // Seldom there: the usual statement stays as small as it can be.
  const other = [...(revisions?.length ? [pending] : []), ...(events?.length ? [past] : [])]
  return Prisma.join([live, ...other], '')
}

/**
 * By the index of the links alone, which bear the status and the date of their posts. What is not published is not counted, or
 * its number would show; what is published everybody sees.
 */
const candidatesOf = (kind: Kind): Prisma.Sql => {
  const [links, key] = [Prisma.raw(kinds[kind].links), Prisma.raw(kinds[kind].idColumn)]
  return Prisma.sql`
    SELECT terms.term_id, link.post_id, link.sort_date FROM (SELECT DISTINCT term_id FROM linked) terms
    CROSS JOIN LATERAL (
      SELECT post_id, sort_date FROM ${links} WHERE ${key} = terms.term_id AND status = 'PUBLISHED'
      ORDER BY sort_date DESC, post_id DESC LIMIT ${candidates}
    ) link`
}
