import type { Tx } from '../../../db/client.ts'
import type { ApiKeyScope, Event } from '../../../db/generated/client.ts'
import { apiVersion } from '../../../events/catalog.ts'
import type { View } from '../../../events/outbox.ts'
import { maySee } from '../../../events/visibility.ts'
import { hasScope, type Viewer } from '../../../keys/viewer.ts'
import { RequestError } from '../../../lib/errors.ts'
import { defaultDocument, isFor, renderingKeyOf, viewOf } from '../../endpoints/endpoint.ts'
import { passing } from '../../endpoints/filter.ts'
import type { EndpointRules } from '../../endpoints/input.ts'
import { eventBody } from '../make/envelope.ts'
import { showWith } from '../make/render-body.ts'

export type PreviewInput = {
  eventId: string
  endpointId?: string | null
  document?: string | null
  variables?: unknown
  scopes?: ApiKeyScope[] | null
}

export type Preview = {
  body: string | null
  /** Why there is no body. */
  problem: string | null
  /** Whether the endpoint would be told of the event at all. */
  wouldBeSent: boolean
}

/**
 * The body that an endpoint, or one with this document, gets of an event: as it was rendered with the event, else in the
 * state of now. Nothing is written and nothing sent.
 *
 * @throws RequestError BAD_USER_INPUT; FORBIDDEN when it would show more than the viewer may see.
 */
export const previewWebhook = async (
  db: Tx,
  viewer: Viewer,
  rules: EndpointRules,
  input: PreviewInput,
): Promise<Preview> => {
  const event = await db.event.findUnique({ where: { id: input.eventId } })
  if (!event || !maySee(viewer, event)) throw wrong(`There is no event with the id "${input.eventId}".`)
  const endpoint = await endpointOf(db, rules, input)
  const lacking = endpoint.scopes.filter((scope) => !hasScope(viewer, scope))
  if (lacking.length > 0) {
    throw new RequestError(
      'FORBIDDEN',
      `The preview would read with ${lacking.join(', ')}, which your key does not have.`,
    )
  }
  const renderings = await db.eventRendering.findMany({
    where: { eventId: event.id, key: endpoint.renderingKey },
  })
  const shown = await showWith(db, rules.render, endpoint)({ ...event, renderings })
  const made = eventBody(event, endpoint.apiVersion, shown)
  return 'body' in made
    ? { body: made.body, problem: null, wouldBeSent: await endpoint.isTold(event) }
    : { body: null, problem: made.reason, wouldBeSent: false }
}

type Previewed = View & { apiVersion: string; isTold: (event: Event) => Promise<boolean> }

const endpointOf = async (db: Tx, rules: EndpointRules, input: PreviewInput): Promise<Previewed> => {
  const { endpointId, document, variables, scopes } = input
  if (endpointId == null) return asEndpoint(rules, input)
  if (document != null || variables != null || scopes != null)
    throw wrong('Give either an endpointId, or a document with its variables and scopes.')
  const row = await db.webhookEndpoint.findUnique({ where: { id: endpointId, deletedAt: null } })
  if (!row) throw wrong(`There is no webhook endpoint with the id "${endpointId}".`)
  return {
    ...viewOf(row),
    apiVersion: row.apiVersion,
    isTold: async (event) =>
      row.status !== 'DISABLED' &&
      isFor(row, event) &&
      (await passing(db, rules.filters.matching, row, [event])).length > 0,
  }
}

/** What an endpoint would be that has this document. */
const asEndpoint = (rules: EndpointRules, input: PreviewInput): Previewed => {
  if (input.variables != null && (typeof input.variables !== 'object' || Array.isArray(input.variables)))
    throw wrong('The variables must be a JSON object.')
  const document = input.document ?? defaultDocument
  const variables = (input.variables ?? null) as View['variables']
  const scopes = input.scopes ?? []
  const [problem] = rules.documentProblems(document, variables)
  if (problem) throw wrong(problem.message)
  const renderingKey = renderingKeyOf(document, variables, scopes)
  const isTold: Previewed['isTold'] = async (event) =>
    isFor({ id: '', eventTypes: [], filter: null, scopes }, event)
  return { renderingKey, document, variables, scopes, apiVersion, isTold }
}

const wrong = (message: string): RequestError => new RequestError('BAD_USER_INPUT', message)
