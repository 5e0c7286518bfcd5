import type { Tx } from '../db/client.ts'

// What people ask is whether a key is still in use at all: a minute is exact enough, and costs a busy server nothing.
const intervalMs = 60_000
// How often it is looked whether the minute is over.
const lookMs = 1_000

/** Remembers when keys were used, and writes it down now and then. */
export type LastUse = {
  note(keyId: string): void
  /** Writes what is still in memory; resolves when it is written or has failed. */
  stop(): Promise<void>
}

/**
 * Records the last use of keys without a write for each request: in memory, and in one statement for all keys at most
 * once a minute, and when the program stops. What could not be written stays and is written with the next.
 */
export const startLastUse = (db: Tx, now: () => Date, onError: (error: unknown) => void): LastUse => {
  let used = new Map<string, Date>()
  let lastWrite = now().getTime()
  let writing: Promise<void> = Promise.resolve()

  const write = async () => {
    const batch = used
    used = new Map()
    lastWrite = now().getTime()
    try {
      await writeLastUse(db, batch)
    } catch (error) {
      // What was used since is newer.
      used = new Map([...batch, ...used])
      onError(error)
    }
  }
  const flush = (): Promise<void> => {
    writing = writing.then(() => (used.size > 0 ? write() : undefined))
    return writing
  }
  const timer = setInterval(() => {
    if (used.size > 0 && now().getTime() - lastWrite >= intervalMs) void flush()
  }, lookMs)

  return {
    note: (keyId) => void used.set(keyId, now()),
    stop: () => {
      clearInterval(timer)
      return flush()
    },
  }
}

/** Another process may have seen a key later than this one did. */
const writeLastUse = async (db: Tx, used: ReadonlyMap<string, Date>): Promise<void> => {
  const times = [...used.values()].map((time) => time.toISOString())
  await db.$executeRaw`
    UPDATE api_keys SET last_used_at = used.at
    FROM unnest(${[...used.keys()]}::text[], ${times}::timestamptz[]) AS used(id, at)
    WHERE api_keys.id = used.id AND (last_used_at IS NULL OR last_used_at < used.at)`
}
