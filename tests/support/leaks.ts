import { until } from './until.ts'

// What keeps a process alive, by node's names: timers, sockets and servers.
const watched = ['Timeout', 'TCPSocketWrap', 'TCPServerWrap', 'PipeWrap', 'TCPConnectWrap']

/** What is open in this process, by kind. */
const openResources = (): Map<string, number> =>
  new Map(
    watched.map((kind) => [kind, process.getActiveResourcesInfo().filter((name) => name === kind).length]),
  )

/**
 * Remembers what is open now; the returned function waits until no more than that is open and otherwise says what is left.
 * Sockets take a moment to close after their owner let go of them.
 */
export const watchForLeaks = (): (() => Promise<string[]>) => {
  const before = openResources()
  const left = () =>
    [...openResources()].flatMap(([kind, count]) => {
      const more = count - (before.get(kind) ?? 0)
      return more > 0 ? [`${more} more ${kind} than before`] : []
    })
  return async () => {
    await until(() => left().length === 0, 5_000).catch(() => undefined)
    return left()
  }
}
