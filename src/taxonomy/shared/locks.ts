import type { Write } from '../../write/write.ts'
import type { Kind } from '../kinds.ts'

/**
 * For whoever links posts to terms, before anything else: until the transaction ends no term is merged or deleted. Any
 * number may link at a time.
 */
export const holdTerms = async ({ tx }: Pick<Write, 'tx'>): Promise<void> => {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock_shared(${termsLock})`
}

/** For a merge or a deletion, before anything else: waits for those who link posts, and lets no other one begin. */
export const reserveTerms = async ({ tx }: Pick<Write, 'tx'>): Promise<void> => {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(${termsLock})`
}

/**
 * For whoever gives a name or a slug, or moves one in a tree: one at a time, so that a slug which was free stays so, the next
 * free number is the next, and no two moves make a cycle together.
 */
export const lockNames = async ({ tx }: Pick<Write, 'tx'>, kind: Kind): Promise<void> => {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext(${`names:${kind}`}))`
}

// Any constant that no other lock has will do.
const termsLock = 7_273_702
