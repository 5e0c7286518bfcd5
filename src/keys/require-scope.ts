import type { ApiKeyScope } from '../db/generated/enums.ts'
import { RequestError } from '../lib/errors.ts'
import { hasScope, type Viewer } from './viewer.ts'

/**
 * The first line of every verb of a domain: whoever calls it, by whatever door, has the scope that it needs. GraphQL refuses
 * earlier, and by the field's name; a door that forgets to is shut here.
 *
 * @throws RequestError FORBIDDEN.
 */
export const requireScope = ({ viewer }: { viewer: Viewer }, scope: ApiKeyScope): void => {
  if (hasScope(viewer, scope)) return
  throw new RequestError(
    'FORBIDDEN',
    `This needs the scope ${scope}, which the request's API key does not have.`,
  )
}
