import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'

/**
 * Looks after statements from beside, over a connection of its own that is opened for it: a connection that is dead says
 * nothing of itself.
 */
export type Watchdog = {
  /** How long a statement may go on before somebody looks after it. */
  lookAfterMs: number
  /** Told of every answer of the server: one that answers others is not silent, however busy this machine is. */
  answered(): void
  /** Whether no answer will come: the server is silent, or the backend is not at work on anything. */
  isLost(pid: number): Promise<boolean>
  /** Ends what a backend is at. Resolves when it was told, or cannot be. */
  cancel(pid: number): Promise<void>
}

type Asked = { looks: Map<number, (lost: boolean) => void>; cancels: Map<number, () => void> }

// Statements that hang hang together.
const gatherMs = 20

/** @param timeoutMs how long the server may take to answer before it counts as silent. */
export const createWatchdog = (
  config: pg.ClientConfig,
  { lookAfterMs, timeoutMs }: { lookAfterMs: number; timeoutMs: number },
): Watchdog => {
  let gathering: Asked | null = null
  let answeredAt = -Infinity

  const gather = (): Asked => {
    if (gathering) return gathering
    const asked: Asked = { looks: new Map(), cancels: new Map() }
    gathering = asked
    const begin = () => {
      gathering = null
      const startedAt = performance.now()
      void decide(config, timeoutMs, asked, () => answeredAt > startedAt)
    }
    setTimeout(begin, gatherMs)
    return asked
  }

  return {
    lookAfterMs,
    answered: () => {
      answeredAt = performance.now()
    },
    isLost: (pid) => new Promise((resolve) => void gather().looks.set(pid, resolve)),
    cancel: (pid) => new Promise((resolve) => void gather().cancels.set(pid, resolve)),
  }
}

const decide = async (
  config: pg.ClientConfig,
  timeoutMs: number,
  { looks, cancels }: Asked,
  wasHeard: () => boolean,
) => {
  const answer = ask(config, [...looks.keys()], [...cancels.keys()])
  const seen = await Promise.race([
    answer.catch((error: unknown) => (hasSpoken(error) ? 'unknown' : 'silent')),
    pause(timeoutMs, 'silent' as const),
  ])
  for (const [pid, resolve] of looks) {
    const state = seen instanceof Map ? (seen.get(pid) ?? 'none') : seen
    resolve(state === 'silent' ? !wasHeard() : state === 'none' || state.startsWith('idle'))
  }
  for (const resolve of cancels.values()) resolve()
}

/** What each backend is at, by its pid; one that is no more has none. */
const ask = async (
  config: pg.ClientConfig,
  looks: number[],
  cancels: number[],
): Promise<Map<number, string>> => {
  const client = new pg.Client(config)
  client.on('error', () => undefined)
  try {
    await client.connect()
    const { rows } = await client.query<{ pid: number; state: string | null }>(
      `SELECT pid, state FROM pg_stat_activity WHERE pid = ANY($1::int[])
       UNION ALL SELECT pid, CASE WHEN pg_cancel_backend(pid) THEN 'cancelled' END FROM unnest($2::int[]) AS pid`,
      [looks, cancels],
    )
    return new Map(rows.map(({ pid, state }) => [pid, state ?? 'unknown']))
  } finally {
    // Not `end`, which waits for the other side's farewell.
    client.connection.stream.destroy()
  }
}

/** An answer all the same: too many connections, perhaps. One that is starting up or shutting down forgets its sessions. */
const hasSpoken = (error: unknown): boolean => {
  const { severity, code } = error as { severity?: string; code?: string }
  return severity !== undefined && !code?.startsWith('57P')
}
