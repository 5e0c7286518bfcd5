import type { ApiKeyScope } from '../db/generated/enums.ts'

/** Who asks: the bearer of an API key, the program itself, or anyone. */
export type Viewer = {
  keyId: string | null
  name: string | null
  scopes: ReadonlySet<ApiKeyScope>
  /** When the key ends by itself: nothing that it makes ends later. None: it does not, or there is no key. */
  expiresAt?: Date | null
}

export const anonymous: Viewer = { keyId: null, name: null, scopes: new Set() }

/** Who the program is when it acts for itself. No key may have a name that could be taken for one of these. */
export const systemActors = ['schedule', 'webhooks', 'import', 'command line']

/**
 * The program acting for itself, such as an import on the command line or a schedule that fires.
 *
 * @param actor one of `systemActors`.
 * @param detail of what it acts, such as the name of an import.
 */
export const system = (actor: string, detail?: string): Viewer => ({
  keyId: null,
  name: detail === undefined ? actor : `${actor} ${detail}`,
  scopes: new Set<ApiKeyScope>(['ADMIN']),
})

/** A viewer with exactly these scopes: what an endpoint's document is run as. */
export const viewerWith = (scopes: readonly ApiKeyScope[]): Viewer => ({
  keyId: null,
  name: null,
  scopes: new Set(scopes),
})

/** Whether the viewer may do what the scope opens: ADMIN is all, and writing or publishing includes reading. */
export const hasScope = (viewer: Viewer, scope: ApiKeyScope): boolean =>
  viewer.scopes.has('ADMIN') ||
  viewer.scopes.has(scope) ||
  (scope === 'CONTENT_READ' && (viewer.scopes.has('CONTENT_WRITE') || viewer.scopes.has('CONTENT_PUBLISH')))
