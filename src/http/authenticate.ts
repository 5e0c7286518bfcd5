import { outageOf } from '../db/outage.ts'
import type { Viewer } from '../keys/viewer.ts'
import { anonymous } from '../keys/viewer.ts'
import { type Call, Refusal } from './call.ts'

/**
 * Who calls. A credential that is no good is refused, never taken for none: a caller whose key was revoked must not be
 * shown the public answer as if all were well.
 */
export const createAuthenticate =
  (viewerOf: (key: string) => Promise<Viewer | null>) =>
  async ({ request }: Call): Promise<Viewer> => {
    const { authorization } = request.headers
    if (authorization === undefined) return anonymous
    const [, key] = /^Bearer +(\S+)$/i.exec(authorization) ?? []
    const viewer = key ? await viewerOf(key).catch(unavailable) : null
    if (viewer) return viewer
    throw new Refusal(
      401,
      'UNAUTHENTICATED',
      'The API key is unknown, expired or revoked. Send "Authorization: Bearer pw_…" with a valid one, or no such header.',
      { 'www-authenticate': 'Bearer realm="presswire"' },
    )
  }

/** Refuses with 503 where the database cannot be asked; any other error stays what it is. */
export const unavailable = (error: unknown): never => {
  const outage = outageOf(error)
  if (!outage) throw error
  const { message, retryAfterSeconds } = outage
  throw new Refusal(503, 'SERVICE_UNAVAILABLE', message, { 'retry-after': String(retryAfterSeconds) })
}
