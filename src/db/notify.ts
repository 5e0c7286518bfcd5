import pg from 'pg'
import type { Database } from './client.ts'
import type { PostgresClient } from './postgres/client.ts'
import type { PostgresPool } from './postgres/pool.ts'

export type Notifier = {
  /** Calls back on every notification of the channel, and once after a lost connection, since some may be missed. */
  on(channel: string, callback: () => void): void
  close(): Promise<void>
}

// Long enough not to press a server that is restarting, short enough to be back within 5 s of its return.
const reconnectDelayMs = 1_000
const connectMs = 5_000
// A connection that is dead is found within this and the time in which a statement is looked after.
const askMs = 5_000

/** Listens for PostgreSQL's notifications, on either database. */
export const createNotifier = async (database: Database, channels: string[]): Promise<Notifier> => {
  const callbacks = new Map<string, (() => void)[]>()
  const ring = (channel: string) => {
    for (const callback of callbacks.get(channel) ?? []) callback()
  }
  const on = (channel: string, callback: () => void) =>
    void callbacks.set(channel, [...(callbacks.get(channel) ?? []), callback])
  const close =
    'pglite' in database.driver
      ? await listenEmbedded(database.driver.pglite, channels, ring)
      : await listenPostgres(database.driver.pool, channels, ring)
  return { on, close }
}

const listenEmbedded = async (
  pglite: { listen(channel: string, callback: () => void): Promise<() => Promise<void>> },
  channels: string[],
  ring: (channel: string) => void,
) => {
  const ends = await Promise.all(channels.map((channel) => pglite.listen(channel, () => ring(channel))))
  return async () => {
    await Promise.all(ends.map((end) => end()))
  }
}

/**
 * Listens over a connection of its own, and makes it anew whenever it has broken, however early. It is asked something now
 * and then: one that is dead says nothing of itself, and nobody else asks it anything.
 */
const listenPostgres = async (pool: PostgresPool, channels: string[], ring: (channel: string) => void) => {
  const listen = channels.map((channel) => `LISTEN ${pg.escapeIdentifier(channel)}`).join('; ')
  let latest: PostgresClient | null = null
  let client: PostgresClient | null = null
  let closed = false
  let timer: NodeJS.Timeout | undefined

  const connect = async () => {
    const next = pool.newListener()
    latest = next
    next.once('end', () => {
      // Of an earlier one it says nothing new.
      if (latest !== next) return
      client = null
      again()
    })
    next.on('notification', ({ channel }) => ring(channel))
    try {
      await next.connect()
      await next.setUp(connectMs)
      await next.query(listen)
    } catch (error) {
      void next.end()
      throw error
    }
    client = next
    if (closed) await next.end()
  }
  const again = () => {
    clearTimeout(timer)
    if (closed) return
    timer = setTimeout(async () => {
      try {
        await connect()
        for (const channel of channels) ring(channel)
      } catch {
        again()
      }
    }, reconnectDelayMs)
  }
  const ask = setInterval(() => void client?.query('SELECT 1').catch(() => undefined), askMs)

  try {
    await connect()
  } catch (error) {
    closed = true
    clearInterval(ask)
    clearTimeout(timer)
    throw error
  }
  return async () => {
    closed = true
    clearInterval(ask)
    clearTimeout(timer)
    await client?.end()
  }
}
