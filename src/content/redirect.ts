import type { Write } from '../write.ts'

/** Keeps the old path of a post that was public working. The redirect names the post, not its path: none ever chain. */
export const leaveRedirect = async (w: Write, postId: string, from: string, to: string): Promise<void> => {
  if (from === to) return
  await w.tx.redirect.upsert({
    where: { path: from },
    create: { path: from, postId, status: 301, createdAt: w.now },
    update: { postId, status: 301 },
  })
}

/** A path that a public post lives at has no redirect: none ever loop, and a new post may take over an old path. */
export const takeOverPath = async (w: Write, path: string): Promise<void> => {
  await w.tx.redirect.deleteMany({ where: { path } })
}
