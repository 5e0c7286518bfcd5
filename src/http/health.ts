import type { Answer, Route } from './call.ts'

/** `/healthz`: the process lives. Says nothing of the database, or a restart would be asked for in vain. */
export const healthRoute: Route = { methods: ['GET'], answer: () => status(200, { status: 'ok' }) }

// A probe's own time-out is a second or more; a database that takes longer is not ready.
const databaseTimeoutMs = 2_000

/** `/readyz`: requests can be answered, since the database answers. 503 says to send them elsewhere. */
export const readyRoute = (askDatabase: () => Promise<unknown>): Route => ({
  methods: ['GET'],
  answer: async () => {
    const { promise: late, resolve } = Promise.withResolvers<'late'>()
    const timer = setTimeout(() => resolve('late'), databaseTimeoutMs)
    try {
      const answer = await Promise.race([askDatabase(), late])
      return answer === 'late' ? notReady() : status(200, { status: 'ready' })
    } catch {
      return notReady()
    } finally {
      clearTimeout(timer)
    }
  },
})

const notReady = (): Answer => status(503, { status: 'not ready', reason: 'The database does not answer.' })

const status = (code: number, body: object): Answer => ({
  status: code,
  headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' },
  body: `${JSON.stringify(body)}\n`,
})
