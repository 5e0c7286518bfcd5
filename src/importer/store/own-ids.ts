import type { Write } from '../../write/write.ts'
import type { ImportedPost, ImportFinding } from '../entry.ts'
import { notice, problem, Refused } from '../outcome.ts'
import type { KnownPost } from './known-posts.ts'

/**
 * The post without an id or a guid that another post of the import has, which would be found no more by it. What is
 * taken away stays in the metadata.
 *
 * @throws Refused when the file held a post with another id: whether that has been replaced, nobody can tell.
 */
export const withOwnIds = async (
  w: Write,
  source: string,
  post: ImportedPost,
  { id, was }: { id: string; was: KnownPost | null },
): Promise<{ post: ImportedPost; findings: ImportFinding[] }> => {
  if (was?.sourceId && post.sourceId && was.sourceId !== post.sourceId) {
    throw new Refused([idChanged(post.file, was.sourceId, post.sourceId)])
  }
  const idHolder = await holderOf(w, id, post.sourceId && { origin: { source, sourceId: post.sourceId } })
  const guidHolder = await holderOf(w, id, post.guid && { origin: { source }, guid: post.guid })
  const kept: Record<string, unknown> = {}
  const findings: ImportFinding[] = []
  if (idHolder) {
    kept.id = post.sourceId
    findings.push(taken(post.file, 'id', post.sourceId, idHolder))
  }
  if (guidHolder) {
    kept.guid = post.guid
    findings.push(taken(post.file, 'guid', post.guid, guidHolder))
  }
  const ids = {
    ...(idHolder && { sourceId: null, legacyId: null }),
    ...(guidHolder && { guid: null }),
  }
  return { post: { ...post, ...ids, metadata: { ...kept, ...post.metadata } }, findings }
}

type Where = { origin: { source: string; sourceId?: string }; guid?: string }

/** The file of another post that has it. */
const holderOf = async (w: Write, id: string, where: Where | '' | null): Promise<string | null> => {
  if (!where) return null
  const holder = await w.tx.post.findFirst({
    where: { ...where, NOT: { id } },
    select: { origin: { select: { path: true } } },
  })
  return holder?.origin?.path ?? null
}

const taken = (file: string, what: 'id' | 'guid', value: string | null, holder: string): ImportFinding =>
  notice(
    file,
    `${what}-taken`,
    `The ${what} ${JSON.stringify(value)} is that of ${holder} already; this post has none.`,
    `Give it a ${what} of its own, or none.`,
  )

const idChanged = (file: string, was: string, is: string): ImportFinding =>
  problem(
    file,
    'id-changed',
    `The file held the post with the id "${was}", and has the id "${is}" now; it was left alone.`,
    'Give it the old id back; for another post, use another file name.',
  )
