import type { Tx } from '../../db/client.ts'
import type { Tag } from '../../db/generated/client.ts'
import type { WithJob } from '../../jobs/job.ts'
import { requireScope } from '../../keys/require-scope.ts'
import { NotFoundError, TakenError } from '../../lib/errors.ts'
import { newId, prefixOf } from '../../lib/id.ts'
import { foldKey } from '../../lib/text.ts'
import { leadTo, leaveGone, leaveNothing, takeOverPaths } from '../../urls/redirects.ts'
import { tagPath } from '../../urls/site-paths.ts'
import { slugify } from '../../urls/slug.ts'
import type { Write } from '../../write/write.ts'
import { differences } from '../shared/events.ts'
import { lockNames, reserveShelves } from '../shared/locks.ts'
import { freeSlug, meant, refuse, slugFor, textOr } from '../shared/names.ts'
import { arePublic, renameOnPosts, takeOff } from '../shared/post-links.ts'
import { type TermInput, termIssues } from '../shared/term-input.ts'
import { lookOf, recordTagFact } from './events.ts'

/**
 * Creates a tag in its canonical spelling.
 *
 * @throws ValidationError with every issue at once; TakenError when there is a tag of the name in any case, or of the slug.
 */
export const createTag = async (w: Write, input: TermInput & { name: string }): Promise<Tag> => {
  requireScope(w, 'CONTENT_WRITE')
  refuse(termIssues('tag', input))
  await lockNames(w, 'tag')
  const data = await columnsOf(w, input, null)
  const times = { createdAt: w.now, updatedAt: w.now }
  const tag = await w.tx.tag.create({ data: { id: newId('tag'), isPublic: true, ...data, ...times } })
  await takeOverPaths(w, [tagPath(w.site, tag.slug)])
  await recordTagFact(w, 'tag.created', { tag, looks: [lookOf(w.site, tag)], isOnPosts: false })
  return tag
}

/** Changes a tag, its canonical spelling included; its old path leads to the new one. What changes nothing is no error. */
export const updateTag = async (
  w: Write,
  { id, ...input }: TermInput & { id: string },
): Promise<WithJob<Tag>> => {
  requireScope(w, 'CONTENT_WRITE')
  await lockNames(w, 'tag')
  const before = await tagToWrite(w, id)
  refuse(termIssues('tag', input))
  const data = await columnsOf(w, input, before)
  const looks = [lookOf(w.site, before), lookOf(w.site, data)] as const
  const change = differences(...looks)
  if (change.changedFields.length === 0) return { ...before, jobId: null }
  const version = before.version + 1
  const tag = await w.tx.tag.update({ where: { id }, data: { ...data, version, updatedAt: w.now } })
  const jobId = await renameOnPosts(w, 'tag', before, tag)
  const [{ path: from }, { path: to }] = looks
  if (before.isPublic) {
    if (from !== to) await leadTo(w, { tagId: id }, [from])
    await takeOverPaths(w, [to])
  }
  await recordTagFact(w, 'tag.updated', { tag, before, looks, ...change })
  return { ...tag, jobId }
}

/**
 * Deletes a tag for good; its path answers Gone where readers knew it.
 *
 * @throws NotFoundError; InvalidStateError when there are posts and `detachPosts` is not true.
 */
export const deleteTag = async (
  w: Write,
  { id, detachPosts }: { id: string; detachPosts?: boolean | null },
): Promise<WithJob<{ id: string }>> => {
  requireScope(w, 'CONTENT_WRITE')
  await reserveShelves(w)
  await lockNames(w, 'tag')
  const before = await tagToWrite(w, id)
  const isOnPosts = await arePublic(w, 'tag', [id])
  const jobId = await takeOff(w, 'tag', before, detachPosts)
  if (jobId) return { id, jobId }
  const look = lookOf(w.site, before)
  await (before.isPublic ? leaveGone(w, { tagId: id }, [look.path]) : leaveNothing(w, { tagId: id }))
  await w.tx.tag.delete({ where: { id } })
  const tag = { ...before, version: before.version + 1 }
  await recordTagFact(w, 'tag.deleted', { tag, before, looks: [look], previous: look, isOnPosts })
  return { id, jobId: null }
}

/** The tags that words mean, by the word: the exact slug first, then the name in any case. One statement for all. */
export const findTags = async (tx: Tx, words: string[]): Promise<Map<string, Tag>> =>
  meant(
    words,
    await tx.tag.findMany({
      where: { OR: [{ slug: { in: words } }, { nameKey: { in: words.map(foldKey) } }] },
    }),
  )

/**
 * The tags that words mean, by the word; those that there are not yet are created, under a free slug. Nobody without
 * content:read sees a new one before a published post bears it.
 */
export const ensureTags = async (w: Write, words: string[]): Promise<Map<string, Tag>> => {
  const found = await findTags(w.tx, words)
  const missing = words.filter((word) => !found.has(word))
  if (missing.length === 0) return found
  await lockNames(w, 'tag')
  for (const [word, tag] of await findTags(w.tx, missing)) found.set(word, tag)
  const made: Tag[] = []
  for (const word of missing.filter((word) => !found.has(word))) {
    // `KDE` and `kde` are one tag, and so is `k-d-e` where that is the slug that one has got.
    const tag = meant([word], made).get(word) ?? (await makeTag(w, word, slugify(word) || 'tag'))
    made.push(tag)
    found.set(word, tag)
  }
  return found
}

/** The same for one name, whose slug is wished for. */
export const ensureTag = async (w: Write, name: string, slug: string): Promise<Tag> => {
  await lockNames(w, 'tag')
  return (await findTags(w.tx, [name])).get(name) ?? makeTag(w, name, slug)
}

const makeTag = async (w: Write, name: string, slug: string): Promise<Tag> => {
  const free = await freeSlug(slug, isSlugTaken(w, null))
  const data = { id: newId('tag'), slug: free, name: name.trim(), nameKey: foldKey(name) }
  return w.tx.tag.create({ data: { ...data, createdAt: w.now, updatedAt: w.now } })
}

const tagToWrite = async ({ tx }: Write, id: string): Promise<Tag> => {
  const tag = prefixOf(id) === 'tag' ? await tx.tag.findUnique({ where: { id } }) : null
  if (!tag) throw new NotFoundError(`There is no tag with the id "${id}".`, ['input', 'id'])
  return tag
}

const columnsOf = async (w: Write, input: TermInput, before: Tag | null) => {
  const name = input.name?.trim() ?? before?.name ?? ''
  const nameKey = foldKey(name)
  await refuseOtherSpelling(w, name, before)
  const isTaken = isSlugTaken(w, before)
  return {
    name,
    nameKey,
    slug: before && input.slug === undefined ? before.slug : await slugFor('tag', input.slug, name, isTaken),
    description: textOr(input.description, before?.description ?? null),
  }
}

const refuseOtherSpelling = async ({ tx }: Write, name: string, before: Tag | null): Promise<void> => {
  const other = await tx.tag.findUnique({ where: { nameKey: foldKey(name) } })
  if (!other || other.id === before?.id) return
  const advice = before
    ? 'merge the two with mergeTags'
    : 'use that one, or change its spelling with updateTag'
  throw new TakenError(
    `There is a tag "${other.name}" already (${other.id}), and one tag has one spelling: ${advice}.`,
    ['input', 'name'],
  )
}

const isSlugTaken =
  ({ tx }: Write, before: Tag | null) =>
  async (slug: string): Promise<boolean> => {
    const holder = await tx.tag.findUnique({ where: { slug }, select: { id: true } })
    return holder !== null && holder.id !== before?.id
  }
