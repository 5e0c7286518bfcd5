import type { ApiKeyScope } from '../db/generated/enums.ts'

/** Who asks: the bearer of an API key, the program itself, or anyone. */
export type Viewer = { keyId: string | null; name: string | null; scopes: ReadonlySet<ApiKeyScope> }

export const anonymous: Viewer = { keyId: null, name: null, scopes: new Set() }

/** The program acting for itself, such as an import on the command line or a schedule that fires. */
export const system = (name: string): Viewer => ({
  keyId: null,
  name,
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
