import { Client } from 'undici'
import type { Sample } from './harness.ts'

export type LoadOptions = { connections: number; warmupSeconds: number; seconds: number }

/**
 * Asks GraphQL requests (JSON bodies, in turn) of a server over connections that each wait for their answer, and counts
 * what ends after the warm-up. undici's dispatch asks as many a second as autocannon does, and is here anyway.
 *
 * @throws Error when an answer is not 200, or differs in length from the first to the same request.
 */
export const load = async (
  url: string,
  bodies: readonly string[],
  options: LoadOptions,
  signal: AbortSignal,
): Promise<Sample> => {
  const lengths = new Map<number, number>()
  const latenciesMs: number[] = []
  const countFrom = performance.now() + options.warmupSeconds * 1_000
  const end = countFrom + options.seconds * 1_000
  let turn = 0
  const work = async () => {
    const client = new Client(url)
    try {
      for (let startedAt = performance.now(); startedAt < end; startedAt = performance.now()) {
        signal.throwIfAborted()
        const index = turn++ % bodies.length
        const length = await ask(client, bodies[index] ?? '')
        const expected = lengths.get(index) ?? length
        if (length !== expected) {
          throw new Error(`${url} answered ${length} bytes where it had answered ${expected}.`)
        }
        lengths.set(index, expected)
        const endedAt = performance.now()
        if (endedAt >= countFrom && endedAt < end) latenciesMs.push(endedAt - startedAt)
      }
    } finally {
      await client.destroy()
    }
  }
  await Promise.all(Array.from({ length: options.connections }, work))
  if (latenciesMs.length === 0) throw new Error(`${url} answered nothing within ${options.seconds} s.`)
  latenciesMs.sort((one, other) => one - other)
  return {
    perSecond: latenciesMs.length / options.seconds,
    p50Ms: percentile(latenciesMs, 0.5),
    p99Ms: percentile(latenciesMs, 0.99),
  }
}

/** Resolves with the length of the answer. */
const ask = (client: Client, body: string): Promise<number> =>
  new Promise((resolve, reject) => {
    let length = 0
    let status = 0
    client.dispatch(
      { path: '/graphql', method: 'POST', headers, body },
      {
        onRequestStart: () => undefined,
        onResponseStart: (_controller, statusCode) => {
          status = statusCode
        },
        onResponseData: (_controller, chunk) => {
          length += chunk.length
        },
        onResponseEnd: () =>
          status === 200 ? resolve(length) : reject(new Error(`A request was answered ${status}.`)),
        onResponseError: (_controller, error) => reject(error),
      },
    )
  })

/** What GraphQL over HTTP asks of clients. */
export const headers = {
  'content-type': 'application/json',
  accept: 'application/graphql-response+json, application/json;q=0.9',
}

/** The value that this share of the sorted values does not exceed. */
export const percentile = (sorted: number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
