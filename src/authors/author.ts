import type { Tx } from '../db/client.ts'
import type { Author } from '../db/generated/client.ts'
import { newId } from '../id.ts'
import { foldKey } from '../text.ts'
import type { Write } from '../write.ts'

export type AuthorInput = {
  slug: string
  name: string
  bio?: string | null
  websiteUrl?: string | null
  avatarUrl?: string | null
}

/** The authors with these slugs, in the order given; those that do not exist are missing from the map. */
export const authorsBySlug = async (tx: Tx, slugs: string[]): Promise<Map<string, Author>> => {
  const rows = await tx.author.findMany({ where: { slug: { in: slugs } } })
  return new Map(rows.map((row) => [row.slug, row]))
}

/** Creates the author, or returns the one that has the slug. */
export const ensureAuthor = async (w: Write, { slug, name, ...rest }: AuthorInput): Promise<Author> => {
  const existing = await w.tx.author.findUnique({ where: { slug } })
  return (
    existing ??
    w.tx.author.create({
      data: {
        id: newId('author'),
        slug,
        name,
        nameKey: foldKey(name),
        ...rest,
        createdAt: w.now,
        updatedAt: w.now,
      },
    })
  )
}
