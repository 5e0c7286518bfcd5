import { within } from '../lib/deadline.ts'
import type { Answer, Route } from './call.ts'

/** `/healthz`: the process lives. Says nothing of the database, or a restart would be asked for in vain. */
export const healthRoute: Route = {
  methods: ['GET'],
  isProbe: true,
  answer: () => status(200, { status: 'ok' }),
}

// A probe's own time-out is a second or more; a database that takes longer is not ready.
const databaseTimeoutMs = 2_000

/**
 * `/readyz`: requests can be answered, writes too, and the server is not about to stop. 503 says to send them elsewhere. Who asks meanwhile shares the question: however many ask, there is one statement at a time.
 *
 * @param whyNot asks the database: the reason why it cannot be used, or null.
 */
export const readyRoute = (whyNot: () => Promise<string | null>): Route => {
  let asking: Promise<string | null> | undefined
  const ask = () =>
    within(databaseTimeoutMs, whyNot())
      .then((reason) => (reason === 'late' ? silent : reason))
      .catch(() => silent)
      .finally(() => {
        asking = undefined
      })
  return {
    methods: ['GET'],
    isProbe: true,
    answer: async ({ stopping }) => {
      if (stopping.aborted) return notReady('The server is stopping.')
      asking ??= ask()
      const reason = await asking
      return reason === null ? status(200, { status: 'ready' }) : notReady(reason)
    },
  }
}

const silent = 'The database does not answer.'

const notReady = (reason: string): Answer => status(503, { status: 'not ready', reason })

const status = (code: number, body: object): Answer => ({
  status: code,
  headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' },
  body: `${JSON.stringify(body)}\n`,
})
