import { targetIdOf } from '../../urls/redirects.ts'
import type { Write } from '../../write/write.ts'
import type { ImportFinding } from '../entry.ts'
import { notice } from '../outcome.ts'

/**
 * Leads the old paths of a post to it, but for those that a post lives at and those that lead somewhere else already.
 *
 * @param path where the post lives now.
 */
export const leadOldPaths = async (
  w: Write,
  { id, path, file, oldPaths }: { id: string; path: string; file: string; oldPaths: string[] },
): Promise<{ isNew: boolean; findings: ImportFinding[] }> => {
  const wanted = oldPaths.filter((oldPath) => oldPath !== path)
  if (wanted.length === 0) return { isNew: false, findings: [] }
  const where = { path: { in: wanted } }
  const posts = await w.tx.post.findMany({ where, select: { path: true, title: true } })
  const homes = new Map(posts.map((post) => [post.path, post.title]))
  const redirects = await w.tx.redirect.findMany({ where })
  const targets = new Map(redirects.map((redirect) => [redirect.path, targetIdOf(redirect)]))
  const findings: ImportFinding[] = []
  let isNew = false
  for (const oldPath of wanted) {
    const home = homes.get(oldPath)
    const target = targets.get(oldPath) ?? null
    if (home !== undefined) findings.push(taken(file, oldPath, `the post "${home}" lives there`))
    else if (target !== null && target !== id) findings.push(taken(file, oldPath, 'it leads somewhere else'))
    else if (target === null) {
      await lead(w, oldPath, id)
      isNew = true
    }
  }
  return { isNew, findings }
}

const lead = async (w: Write, path: string, postId: string): Promise<void> => {
  const create = { path, postId, status: 301, createdAt: w.now }
  // What led to something that is gone by now may lead to this post.
  await w.tx.redirect.upsert({ where: { path }, create, update: { postId, status: 301 } })
}

const taken = (file: string, path: string, why: string): ImportFinding =>
  notice(
    file,
    'redirect-taken',
    `The old path ${path} is not made to lead here: ${why}.`,
    'Remove it from "redirect_from", or free the path.',
  )
