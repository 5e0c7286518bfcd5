import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** One request that arrived, by `performance.now()`. */
export type Arrival = { atMs: number }

export type Arrivals = {
  url: string
  /** What arrived, in order. */
  all: Arrival[]
  /** Forgets what came so far. */
  reset(): void
  close(): Promise<void>
}

/** A receiver in the process of the harness, which answers 204 at once and remembers what came. */
export const startArrivals = async (): Promise<Arrivals> => {
  const all: Arrival[] = []
  const server = createServer((request, response) => {
    request.resume()
    request.on('end', () => {
      all.push({ atMs: performance.now() })
      response.writeHead(204).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/`,
    all,
    reset: () => void all.splice(0),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/**
 * How many a second arrived between the first tenth and the last: starting up and running dry are left out.
 *
 * @throws Error when too few arrived to say.
 */
export const steadyRate = (arrivals: readonly Arrival[]): number => {
  const from = arrivals[Math.floor(arrivals.length * 0.1)]
  const to = arrivals[Math.floor(arrivals.length * 0.9)]
  if (!from || !to || arrivals.length < 100) throw new Error(`Only ${arrivals.length} deliveries arrived.`)
  return ((arrivals.length * 0.8) / (to.atMs - from.atMs)) * 1_000
}
