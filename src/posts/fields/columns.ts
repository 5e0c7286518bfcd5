import { type Post, Prisma } from '../../db/generated/client.ts'
import type { Rendered } from '../../markup/rendered.ts'
import { kindNames, kinds } from '../../taxonomy/kinds.ts'
import type { Write } from '../../write/write.ts'
import type { Permalink } from '../permalink.ts'
import type { Rendering } from '../rendering.ts'
import type { Snapshot } from '../revisions/snapshot.ts'
import { writtenColumns } from './fields.ts'

/** The columns that follow from what was written: everything is rendered when it is saved, never in a query. */
export const contentColumns = (snapshot: Snapshot, rendering: Rendering, place: Permalink) => ({
  ...place,
  ...writtenColumns(snapshot),
  ...renderedColumns(rendering),
})

/** The columns that hold what was made of the source, by the names of a rendering. */
export const renderedIn = {
  content: 'content',
  text: 'contentText',
  markdown: 'contentMarkdown',
  excerptHtml: 'excerptHtml',
  excerptText: 'excerptText',
  excerptMarkdown: 'excerptMarkdown',
  excerptSource: 'excerptSource',
  wordCount: 'wordCount',
  images: 'images',
  headings: 'headings',
} as const satisfies Record<keyof Rendered, keyof Post>

type RenderedColumns = { [Name in keyof Rendered as (typeof renderedIn)[Name]]: Rendered[Name] }

export const renderedColumns = ({ rendered, rendererVersion }: Rendering) => ({
  ...(Object.fromEntries(
    Object.entries(renderedIn).map(([name, column]) => [column, rendered[name as keyof Rendered]]),
  ) as RenderedColumns),
  rendererVersion,
})

/** Takes the post off its terms: before its row changes, which would change each link to it. */
export const unlinkTerms = async ({ tx }: Write, postId: string): Promise<void> => {
  const deletions = kindNames.map(
    (kind) => Prisma.sql`DELETE FROM ${Prisma.raw(kinds[kind].links)} WHERE post_id = ${postId}`,
  )
  await allAtOnce(tx, deletions)
}

/** Links the post, which is linked to nothing, to its terms, in the written order. */
export const linkTerms = async (
  { tx }: Write,
  { id, status, sortDate }: Pick<Post, 'id' | 'status' | 'sortDate'>,
  snapshot: Snapshot,
): Promise<void> => {
  const insertions = kindNames
    .filter((kind) => snapshot[kinds[kind].idsField].length > 0)
    .map((kind) => {
      const { links, idColumn, idsField } = kinds[kind]
      return Prisma.sql`
        INSERT INTO ${Prisma.raw(links)} (post_id, status, sort_date, ${Prisma.raw(idColumn)}, position)
        SELECT ${id}, ${status}::"PostStatus", ${sortDate}::timestamptz, term.id, term.number - 1
        FROM unnest(${snapshot[idsField]}::text[]) WITH ORDINALITY AS term(id, number)`
    })
  await allAtOnce(tx, insertions)
}

/** Changes to different tables, in one statement. */
const allAtOnce = async (tx: Write['tx'], changes: Prisma.Sql[]): Promise<void> => {
  if (changes.length === 0) return
  const each = changes.map((change, index) => Prisma.sql`${Prisma.raw(`of_${index}`)} AS (${change})`)
  await tx.$executeRaw`WITH ${Prisma.join(each)} SELECT`
}
