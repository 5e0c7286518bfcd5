import type { Tx } from '../../db/client.ts'
import type { Author } from '../../db/generated/client.ts'
import type { WithJob } from '../../jobs/job.ts'
import { requireScope } from '../../keys/require-scope.ts'
import { NotFoundError } from '../../lib/errors.ts'
import { newId, prefixOf } from '../../lib/id.ts'
import { foldKey } from '../../lib/text.ts'
import { leadTo, leaveGone, leaveNothing, takeOverPaths } from '../../urls/redirects.ts'
import { authorPath } from '../../urls/site-paths.ts'
import type { Write } from '../../write/write.ts'
import { differences } from '../shared/events.ts'
import { lockNames, reserveShelves } from '../shared/locks.ts'
import { refuse, slugFor, textOr } from '../shared/names.ts'
import { arePublic, renameOnPosts, takeOff } from '../shared/post-links.ts'
import { lookOf, recordAuthorFact } from './events.ts'
import { type AuthorInput, authorIssues, urlOr } from './input.ts'

/**
 * Creates an author; two may have one name.
 *
 * @throws ValidationError with every issue at once; TakenError when the slug belongs to another author.
 */
export const createAuthor = async (w: Write, input: AuthorInput & { name: string }): Promise<Author> => {
  requireScope(w, 'CONTENT_WRITE')
  refuse(authorIssues(input))
  await lockNames(w, 'author')
  const data = await columnsOf(w, input, null)
  const times = { createdAt: w.now, updatedAt: w.now }
  const author = await w.tx.author.create({
    data: { id: newId('author'), isPublic: true, ...data, ...times },
  })
  await takeOverPaths(w, [authorPath(w.site, author.slug)])
  await recordAuthorFact(w, 'author.created', { author, looks: [lookOf(w.site, author)], isOnPosts: false })
  return author
}

/** Changes an author; their old path leads to the new one. What changes nothing is no error. */
export const updateAuthor = async (
  w: Write,
  { id, ...input }: AuthorInput & { id: string },
): Promise<WithJob<Author>> => {
  requireScope(w, 'CONTENT_WRITE')
  await lockNames(w, 'author')
  const before = await authorToWrite(w, id)
  refuse(authorIssues(input))
  const data = await columnsOf(w, input, before)
  const looks = [lookOf(w.site, before), lookOf(w.site, data)] as const
  const change = differences(...looks)
  if (change.changedFields.length === 0) return { ...before, jobId: null }
  const version = before.version + 1
  const author = await w.tx.author.update({ where: { id }, data: { ...data, version, updatedAt: w.now } })
  const jobId = await renameOnPosts(w, 'author', before, author)
  const [{ path: from }, { path: to }] = looks
  if (before.isPublic) {
    if (from !== to) await leadTo(w, { authorId: id }, [from])
    await takeOverPaths(w, [to])
  }
  await recordAuthorFact(w, 'author.updated', { author, before, looks, ...change })
  return { ...author, jobId }
}

/**
 * Deletes an author for good; their path answers Gone where readers knew it.
 *
 * @throws NotFoundError; InvalidStateError when there are posts and `detachPosts` is not true.
 */
export const deleteAuthor = async (
  w: Write,
  { id, detachPosts }: { id: string; detachPosts?: boolean | null },
): Promise<WithJob<{ id: string }>> => {
  requireScope(w, 'CONTENT_WRITE')
  await reserveShelves(w)
  await lockNames(w, 'author')
  const before = await authorToWrite(w, id)
  const isOnPosts = await arePublic(w, 'author', [id])
  const jobId = await takeOff(w, 'author', before, detachPosts)
  if (jobId) return { id, jobId }
  const look = lookOf(w.site, before)
  await (before.isPublic ? leaveGone(w, { authorId: id }, [look.path]) : leaveNothing(w, { authorId: id }))
  await w.tx.author.delete({ where: { id } })
  const author = { ...before, version: before.version + 1 }
  await recordAuthorFact(w, 'author.deleted', { author, before, looks: [look], previous: look, isOnPosts })
  return { id, jobId: null }
}

/** The authors with these slugs, in the order given; those that do not exist are missing from the map. */
export const authorsBySlug = async (tx: Tx, slugs: string[]): Promise<Map<string, Author>> => {
  const rows = await tx.author.findMany({ where: { slug: { in: slugs } } })
  return new Map(rows.map((row) => [row.slug, row]))
}

type KnownAuthor = {
  slug: string
  name: string
  bio?: string | null
  websiteUrl?: string | null
  avatarUrl?: string | null
}

/**
 * Creates the author, or returns the one that has the slug: for whoever tells of it otherwise. Nobody without content:read
 * sees a new one before a published post is theirs.
 */
export const ensureAuthor = async (w: Write, { slug, name, ...rest }: KnownAuthor): Promise<Author> => {
  const find = () => w.tx.author.findUnique({ where: { slug } })
  const existing = (await find()) ?? (await lockNames(w, 'author').then(find))
  if (existing) return existing
  const data = { id: newId('author'), slug, name, nameKey: foldKey(name), ...rest }
  return w.tx.author.create({ data: { ...data, createdAt: w.now, updatedAt: w.now } })
}

const authorToWrite = async ({ tx }: Write, id: string): Promise<Author> => {
  const author = prefixOf(id) === 'author' ? await tx.author.findUnique({ where: { id } }) : null
  if (!author) throw new NotFoundError(`There is no author with the id "${id}".`, ['input', 'id'])
  return author
}

const columnsOf = async ({ tx }: Write, input: AuthorInput, before: Author | null) => {
  const name = input.name?.trim() ?? before?.name ?? ''
  const isTaken = async (slug: string) => {
    const holder = await tx.author.findUnique({ where: { slug }, select: { id: true } })
    return holder !== null && holder.id !== before?.id
  }
  return {
    name,
    nameKey: foldKey(name),
    slug:
      before && input.slug === undefined ? before.slug : await slugFor('author', input.slug, name, isTaken),
    bio: textOr(input.bio, before?.bio ?? null),
    websiteUrl: urlOr(input.websiteUrl, before?.websiteUrl ?? null),
    avatarUrl: urlOr(input.avatarUrl, before?.avatarUrl ?? null),
  }
}
