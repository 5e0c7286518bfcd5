import type { Tx } from '../../db/client.ts'
import type { Category } from '../../db/generated/client.ts'
import type { WithJob } from '../../jobs/job.ts'
import { requireScope } from '../../keys/require-scope.ts'
import { InvalidStateError, NotFoundError } from '../../lib/errors.ts'
import { newId, prefixOf } from '../../lib/id.ts'
import { foldKey } from '../../lib/text.ts'
import { leaveGone, leaveNothing } from '../../urls/redirects.ts'
import type { Write } from '../../write/write.ts'
import { differences } from '../shared/events.ts'
import { lockNames, reserveShelves } from '../shared/locks.ts'
import { meant } from '../shared/names.ts'
import { arePublic, renameOnPosts, takeOff } from '../shared/post-links.ts'
import { showCategory } from '../shared/visibility.ts'
import { lookOf, recordCategoryFact } from './events.ts'
import { type CategoryInput, categoryColumns } from './input.ts'
import { below, leadMoved, type Moved, moveTree, refuseLongPath } from './tree.ts'

/**
 * Creates a category; two may have one name.
 *
 * @throws ValidationError with every issue at once; TakenError when the slug belongs to another category.
 */
export const createCategory = async (
  w: Write,
  input: CategoryInput & { name: string },
): Promise<Category> => {
  requireScope(w, 'CONTENT_WRITE')
  await lockNames(w, 'category')
  const data = await categoryColumns(w, input, null)
  refuseLongPath(data.slugPath, 'slug')
  const times = { createdAt: w.now, updatedAt: w.now }
  const { id } = await w.tx.category.create({ data: { id: newId('category'), ...data, ...times } })
  await showCategory(w, id)
  const category = await categoryToWrite(w, id)
  await recordCategoryFact(w, 'category.created', {
    category,
    slugPaths: [category.slugPath],
    isOnPosts: false,
  })
  return category
}

/**
 * Changes or moves a category. Everything below it moves along, and every old path leads to the new one. What changes
 * nothing is no error.
 */
export const updateCategory = async (
  w: Write,
  { id, ...input }: CategoryInput & { id: string },
): Promise<WithJob<Category>> => {
  requireScope(w, 'CONTENT_WRITE')
  await lockNames(w, 'category')
  const before = await categoryToWrite(w, id)
  const data = await categoryColumns(w, input, before)
  const change = differences(await lookOf(w, before), await lookOf(w, data))
  if (change.changedFields.length === 0) return { ...before, jobId: null }
  const [from, to] = [before.slugPath, data.slugPath]
  const tree = await below(w, from)
  if (from !== to) await moveTree(w, from, to, input.slug === undefined ? 'parentId' : 'slug')
  const version = before.version + 1
  const category = await w.tx.category.update({ where: { id }, data: { ...data, version, updatedAt: w.now } })
  const jobId = await renameOnPosts(w, 'category', before, category)
  const moved = [before, ...tree].map(({ id, slugPath, isPublic }) => ({
    id,
    isPublic,
    from: slugPath,
    to: to + slugPath.slice(from.length),
  }))
  await leadMoved(w, moved)
  if (before.isPublic) await showCategory(w, id)
  await recordCategoryFact(w, 'category.updated', {
    category,
    before,
    ...change,
    slugPaths: publicOrOwn(moved, id).flatMap((category) => [category.from, category.to]),
    isOnPosts: await arePublic(
      w,
      'category',
      moved.map((category) => category.id),
    ),
  })
  return { ...category, jobId }
}

/**
 * Deletes a category for good; its path answers Gone where readers knew it.
 *
 * @throws NotFoundError; InvalidStateError when there are categories below it, or posts and `detachPosts` is not true.
 */
export const deleteCategory = async (
  w: Write,
  { id, detachPosts }: { id: string; detachPosts?: boolean | null },
): Promise<WithJob<{ id: string }>> => {
  requireScope(w, 'CONTENT_WRITE')
  await reserveShelves(w)
  await lockNames(w, 'category')
  const before = await categoryToWrite(w, id)
  const children = await w.tx.category.count({ where: { parentId: id } })
  if (children > 0) {
    const message = `The category "${before.name}" has ${children} ${children === 1 ? 'category' : 'categories'} below it; move or delete them first.`
    throw new InvalidStateError(message, ['input', 'id'])
  }
  const isOnPosts = await arePublic(w, 'category', [id])
  const jobId = await takeOff(w, 'category', before, detachPosts)
  if (jobId) return { id, jobId }
  const previous = await lookOf(w, before)
  await (before.isPublic
    ? leaveGone(w, { categoryId: id }, [previous.path])
    : leaveNothing(w, { categoryId: id }))
  await w.tx.category.delete({ where: { id } })
  const category = { ...before, version: before.version + 1 }
  const slugPaths = [before.slugPath]
  await recordCategoryFact(w, 'category.deleted', { category, before, slugPaths, previous, isOnPosts })
  return { id, jobId: null }
}

/** The categories that words mean, by the word: the exact slug first, then the name in any case. One statement for all. */
export const findCategories = async (tx: Tx, words: string[]): Promise<Map<string, Category>> =>
  meant(
    words,
    await tx.category.findMany({
      where: { OR: [{ slug: { in: words } }, { nameKey: { in: words.map(foldKey) } }] },
      orderBy: { id: 'asc' },
    }),
  )

type KnownCategory = { slug: string; name: string; description?: string | null; parentId?: string | null }

/**
 * Creates the category, or returns the one that has the slug: for whoever tells of it otherwise. Nobody without content:read
 * sees a new one before a published post is filed under it.
 */
export const ensureCategory = async (
  w: Write,
  { slug, name, parentId = null, ...rest }: KnownCategory,
): Promise<Category> => {
  const find = () => w.tx.category.findUnique({ where: { slug } })
  const existing = (await find()) ?? (await lockNames(w, 'category').then(find))
  if (existing) return existing
  const parent = parentId ? await w.tx.category.findUnique({ where: { id: parentId } }) : null
  const slugPath = parent ? `${parent.slugPath}/${slug}` : slug
  const data = { id: newId('category'), slug, name, nameKey: foldKey(name), parentId, slugPath, ...rest }
  return w.tx.category.create({ data: { ...data, createdAt: w.now, updatedAt: w.now } })
}

/** What an event may tell to everyone: those that they see, and the one that it is about. */
const publicOrOwn = (moved: Moved[], id: string): Moved[] =>
  moved.filter((category) => category.isPublic || category.id === id)

const categoryToWrite = async ({ tx }: Write, id: string): Promise<Category> => {
  const category = prefixOf(id) === 'category' ? await tx.category.findUnique({ where: { id } }) : null
  if (!category) throw new NotFoundError(`There is no category with the id "${id}".`, ['input', 'id'])
  return category
}
