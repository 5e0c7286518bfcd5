import type { Db } from '../db/client.ts'
import { sequenceLock } from './outbox.ts'

/**
 * Lets the log go on, with this start, at a sequence that was never given out: the microseconds since 1970, which no log
 * outruns. A database that was restored from a backup, by whatever means, would otherwise give out again the sequences of the
 * events that it lost, and a reader who has read those would take the new ones for read. A log that is new begins with 1.
 */
export const leapAhead = (db: Db): Promise<void> =>
  db.$transaction(async (tx) => {
    // A role that does not own its database may lack this right, and read all the same.
    const [role] = await tx.$queryRaw<[{ mayLeap: boolean }]>`
      SELECT has_sequence_privilege('events_sequence_seq', 'SELECT')
        AND has_sequence_privilege('events_sequence_seq', 'UPDATE') AS "mayLeap"`
    if (!role.mayLeap) return
    // Of two starts at once none may take back the other's leap.
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(${sequenceLock})`
    await tx.$queryRaw`
      SELECT setval('events_sequence_seq', now) FROM events_sequence_seq,
        LATERAL (SELECT floor(extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS now) clock
      WHERE is_called AND now > last_value`
  })
