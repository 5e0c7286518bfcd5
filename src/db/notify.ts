import pg from 'pg'
import type { Database } from './client.ts'

export type Notifier = {
  /** Calls back on every notification of the channel, and once after a lost connection, since some may be missed. */
  on(channel: string, callback: () => void): void
  close(): Promise<void>
}

// Long enough not to press a server that is restarting, short enough to be back within 5 s of its return.
const reconnectDelayMs = 1_000

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
      : await listenPostgres(database.driver.pool.options, channels, ring)
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

const listenPostgres = async (
  options: pg.PoolOptions,
  channels: string[],
  ring: (channel: string) => void,
) => {
  let client: pg.Client | null = null
  let closed = false
  let retry: NodeJS.Timeout | undefined
  const connect = async () => {
    const next = new pg.Client({ ...options, application_name: 'presswire-listener', keepAlive: true })
    next.on('notification', ({ channel }) => ring(channel))
    next.on('error', () => undefined)
    next.on('end', () => {
      if (!closed && client === next) again()
    })
    await next.connect()
    client = next
    for (const channel of channels) await next.query(`LISTEN ${pg.escapeIdentifier(channel)}`)
  }
  const again = () => {
    client = null
    retry = setTimeout(async () => {
      try {
        await connect()
        for (const channel of channels) ring(channel)
      } catch {
        if (!closed) again()
      }
    }, reconnectDelayMs)
  }
  await connect()
  return async () => {
    closed = true
    clearTimeout(retry)
    await client?.end()
  }
}
