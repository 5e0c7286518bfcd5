import type { Write } from '../../write/write.ts'

/** What posts are filed under. */
export type Shelf = 'author' | 'category' | 'tag'

/**
 * For whoever files posts, before anything else: until the transaction ends nothing that they are filed under is merged or
 * deleted. Any number may file at a time.
 */
export const holdShelves = async ({ tx }: Pick<Write, 'tx'>): Promise<void> => {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock_shared(${shelvesLock})`
}

/** For a merge or a deletion, before anything else: waits for those who file posts, and lets no other one begin. */
export const reserveShelves = async ({ tx }: Pick<Write, 'tx'>): Promise<void> => {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(${shelvesLock})`
}

/**
 * For whoever gives a name or a slug, or moves a category: one at a time, so that a slug which was free stays so, the next
 * free number is the next, and no two moves make a cycle together.
 */
export const lockNames = async ({ tx }: Pick<Write, 'tx'>, shelf: Shelf): Promise<void> => {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext(${`names:${shelf}`}))`
}

// Any constant that no other lock has will do.
const shelvesLock = 7_273_702
