import type { Tx } from '../../db/client.ts'
import type { Follow } from '../../events/subscribe.ts'
import type { Viewer } from '../../keys/viewer.ts'
import type { Site } from '../../urls/site-paths.ts'
import type { EndpointRules } from '../../webhooks/endpoints/input.ts'
import type { Writer } from '../../write/write.ts'

/** What every resolver is handed. In a mutation's answer and in a rendered event it reads the same transaction's state. */
export type Context = {
  /** Reads: the root client, or the transaction in which an event is rendered. */
  db: Tx
  viewer: Viewer
  site: Site
  now: () => Date
  /** Runs a domain verb in one transaction, with its events. */
  write: Writer
  requestId: string
  /** Says that the answer hangs on a secret in the document, such as a preview token: nothing may store it. */
  keepFromCaches(): void
  /** Follows the log of events. */
  follow: Follow
  /** What saving a webhook endpoint needs; null where nothing can be saved. */
  endpointRules: EndpointRules | null
}
