import type { Prisma, SourceFormat } from '../db/generated/client.ts'
import { ValidationError } from '../lib/errors.ts'
import { prefixOf } from '../lib/id.ts'
import { CannotRender } from '../markup/cannot-render.ts'
import { type PostSource, type Rendered, rendererVersion } from '../markup/rendered.ts'
import type { Write } from '../write/write.ts'
import { type PostInput, textIssues } from './fields/input.ts'
import type { PostState, Snapshot } from './revisions/snapshot.ts'
import { readSnapshot } from './revisions/stored-snapshot.ts'

/** What was made of a source, and by which version of the renderer. */
export type Rendering = { rendered: Rendered; rendererVersion: number }

/** What a new post will want to be rendered: nothing where the input will be refused anyway. */
export const sourcesOf = (input: PostInput): PostSource[] =>
  textIssues(input).length > 0 ? [] : [withTexts(emptySource, input)]

/**
 * Renders what an input makes of a post before the post is locked. Whoever changes it in between makes a rendering that
 * nobody needs, and the work run once more.
 *
 * @throws ValidationError when it cannot be rendered.
 */
export const renderBeforeLock = async (w: Write, id: string, input: PostInput): Promise<void> => {
  if (input.source === undefined && input.format === undefined && input.excerpt === undefined) return
  if (textIssues(input).length > 0 || prefixOf(id) !== 'post') return
  const base = await workingTexts(w, id)
  if (base === null) return
  const source = withTexts(base, input)
  if (!isSameSource(source, base)) render(w, source)
}

/** What a snapshot shows: as it was stored with the post or with its pending edits, where nothing of its source changed. */
export const renderingOf = async (
  w: Write,
  before: PostState | null,
  snapshot: Snapshot,
  dialect: PostSource['dialect'] = before?.post.dialect,
): Promise<Rendering> => {
  const source = { ...snapshot, dialect }
  if (before === null) return { rendered: render(w, source), rendererVersion }
  const { post } = before
  // Of pending edits, too: they are as new as what is live, or newer.
  const stored = { rendererVersion: post.rendererVersion }
  if (isSameSource(source, { ...post, excerpt: post.excerptManual }))
    return { rendered: storedRendering(post), ...stored }
  const draft =
    post.draftId === null ? null : await w.tx.postRevision.findUnique({ where: { id: post.draftId } })
  if (draft?.rendered && isSameSource(source, { ...readSnapshot(draft.snapshot), dialect: post.dialect }))
    return { rendered: draft.rendered as unknown as Rendered, ...stored }
  return { rendered: render(w, source), rendererVersion }
}

const emptySource: PostSource = { source: '', format: 'MARKDOWN', excerpt: null }

const withTexts = (base: PostSource, { source, format, excerpt }: PostInput): PostSource => ({
  source: source ?? base.source,
  format: format ?? base.format,
  excerpt: excerpt === undefined ? base.excerpt : excerpt,
  dialect: base.dialect,
})

type Texts = { source: string; format: SourceFormat; excerpt: string | null }
type Dialect = Pick<PostState['post'], 'dialect'>

const workingTexts = async ({ tx }: Write, id: string): Promise<(Texts & Dialect) | null> => {
  const [found] = await tx.$queryRaw<(Texts & Dialect & { draft: Prisma.JsonValue })[]>`
    SELECT posts.source, posts.format, posts.excerpt_manual AS excerpt, posts.dialect, draft.snapshot AS draft
    FROM posts LEFT JOIN post_revisions draft ON draft.id = posts.draft_id WHERE posts.id = ${id}`
  return found ? { ...(found.draft ? readSnapshot(found.draft) : found), dialect: found.dialect } : null
}

/** Whether two sources are rendered to the same. */
export const isSameSource = (a: PostSource, b: PostSource): boolean =>
  a.source === b.source &&
  a.format === b.format &&
  (a.excerpt ?? null) === (b.excerpt ?? null) &&
  (a.dialect ?? null) === (b.dialect ?? null)

const render = (w: Write, { source, format, excerpt, dialect }: PostSource): Rendered => {
  try {
    return w.rendered({ source, format, excerpt, dialect })
  } catch (error) {
    if (!(error instanceof CannotRender)) throw error
    throw new ValidationError([{ message: error.message, path: ['input', 'source'] }])
  }
}

const storedRendering = (post: PostState['post']): Rendered => ({
  content: post.content,
  text: post.contentText,
  markdown: post.contentMarkdown,
  excerptHtml: post.excerptHtml,
  excerptText: post.excerptText,
  excerptMarkdown: post.excerptMarkdown,
  excerptSource: post.excerptSource,
  images: post.images as Prisma.JsonValue as Rendered['images'],
  headings: post.headings as Prisma.JsonValue as Rendered['headings'],
  wordCount: post.wordCount,
})
