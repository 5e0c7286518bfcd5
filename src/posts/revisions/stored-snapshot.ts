import type { Prisma } from '../../db/generated/client.ts'
import { emptySnapshot, type Snapshot } from './snapshot.ts'

// Rises when a release stores another form; statements in SQL read the ids of terms of any.
const storedVersion = 2

/** What makes of a stored form the one after it. */
const upgrades: Record<number, (older: Prisma.JsonObject) => Prisma.JsonObject> = {
  // The first release stored no version, and all that there is of a snapshot today.
  1: (older) => older,
}

/** A snapshot as a revision stores it. */
export const storedSnapshot = (snapshot: Snapshot): Prisma.InputJsonObject => ({
  ...(snapshot as unknown as Prisma.InputJsonObject),
  snapshotVersion: storedVersion,
})

/** The snapshot that a revision holds, whichever release stored it. */
export const readSnapshot = (stored: Prisma.JsonValue): Snapshot => {
  const { snapshotVersion = 1, ...written } = stored as Prisma.JsonObject
  let snapshot: Prisma.JsonObject = written
  for (let version = Number(snapshotVersion); version !== storedVersion; version++) {
    const upgrade = upgrades[version]
    if (!upgrade)
      throw new Error(
        `A revision is stored in the form ${snapshotVersion}, and this program knows those up to ${storedVersion}: a newer release wrote it. Run that one.`,
      )
    snapshot = upgrade(snapshot)
  }
  // A field that there was not when it was stored was not written.
  return { ...emptySnapshot, ...(snapshot as unknown as Snapshot) }
}
