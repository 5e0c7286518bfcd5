import { hasScope, type Viewer } from '../auth/viewer.ts'
import type { Metrics } from '../metrics.ts'
import { type Call, Refusal, type Route } from './call.ts'

const loopback = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1'])

/** `/metrics` in Prometheus's form, for an admin key or for who asks from this machine itself. */
export const metricsRoute = (metrics: Metrics, authenticate: (call: Call) => Promise<Viewer>): Route => ({
  methods: ['GET'],
  answer: async (call) => {
    const viewer = await authenticate(call)
    // A proxy on this machine asks for others: then its own header says so.
    const isLocal =
      loopback.has(call.request.socket.remoteAddress ?? '') && !call.request.headers['x-forwarded-for']
    if (!isLocal && !hasScope(viewer, 'ADMIN')) {
      throw new Refusal(403, 'FORBIDDEN', 'Metrics are for an admin key, or for requests from this machine.')
    }
    const { contentType, body } = await metrics.print()
    return { status: 200, headers: { 'content-type': contentType, 'cache-control': 'no-store' }, body }
  },
})
