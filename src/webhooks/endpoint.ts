import { createHash } from 'node:crypto'
import { viewerWith } from '../auth/viewer.ts'
import type { Tx } from '../db/client.ts'
import type { ApiKeyScope, Event, Prisma, WebhookEndpoint } from '../db/generated/client.ts'
import { ValidationError } from '../errors.ts'
import { apiVersion } from '../events/catalog.ts'
import type { Listener } from '../events/outbox.ts'
import { maySee } from '../events/visibility.ts'
import { newId } from '../id.ts'
import type { Write } from '../write.ts'
import { type EndpointInput, type EndpointRules, endpointIssues } from './endpoint.input.ts'
import { newWebhookSecret } from './sign.ts'
import { cancelPending, lockEndpoint, newestSequence } from './status.ts'

/** What an endpoint without a document of its own is sent. */
export const defaultDocument = `subscription {
  events {
    ... on PostEvent {
      post {
        id slug path url title excerpt publishedAt
        authors { slug name } categories { slug name } tags { slug name }
      }
    }
    ... on EndpointEvent { endpointId reason }
  }
}`

/**
 * Makes an endpoint that is active at once. The secret is returned here and never again.
 *
 * @throws ValidationError with every issue at once.
 */
export const createWebhookEndpoint = async (
  w: Write,
  rules: EndpointRules,
  input: EndpointInput,
): Promise<{ endpoint: WebhookEndpoint; secret: string }> => {
  const issues = endpointIssues(w, rules, input)
  if (issues.length > 0) throw new ValidationError(issues)
  const id = newId('endpoint')
  const scopes = input.scopes ?? []
  const variables = (input.variables ?? null) as Record<string, unknown> | null
  const secret = newWebhookSecret()
  const endpoint = await w.tx.webhookEndpoint.create({
    data: {
      id,
      url: new URL(input.url).href,
      description: input.description ?? null,
      eventTypes: [...new Set(input.eventTypes ?? [])],
      document: input.document ?? null,
      variables: (variables ?? undefined) as Prisma.InputJsonObject | undefined,
      scopes,
      apiVersion,
      renderingKey: renderingKeyOf(input.document ?? defaultDocument, variables, scopes),
      headerNames: [],
      ordering: input.ordering ?? 'UNORDERED',
      batchWindowSeconds: input.batchWindowSeconds ?? 0,
      rateLimitPerMinute: input.rateLimitPerMinute ?? null,
      maxInFlight: input.maxInFlight ?? defaultMaxInFlight,
      signing: ['HMAC_SHA256'],
      listensAfter: await newestSequence(w),
      statusChangedAt: w.now,
      createdAt: w.now,
      secrets: {
        create: {
          id: newId('key'),
          signing: 'HMAC_SHA256',
          sealed: rules.seal.seal(secret, sealContext(id)),
          createdAt: w.now,
        },
      },
    },
  })
  return { endpoint, secret }
}

/** Deletes an endpoint with its secrets. Deliveries stay in the log; those that wait are cancelled. */
export const deleteWebhookEndpoint = async (w: Write, id: string): Promise<string> => {
  await lockEndpoint(w, id)
  await cancelPending(w, id, 'The endpoint was deleted.')
  await w.tx.webhookEndpoint.delete({ where: { id } })
  return id
}

/** Whether an endpoint is to be told of an event: its types, what its scopes may see, and since when it listens. */
export const listensTo = (
  { eventTypes, scopes, listensAfter }: Pick<WebhookEndpoint, 'eventTypes' | 'scopes' | 'listensAfter'>,
  event: Event,
): boolean =>
  event.sequence > listensAfter &&
  (eventTypes.length === 0 || eventTypes.includes(event.type)) &&
  (maySee(viewerWith(scopes), event) || (event.subjectType === 'Endpoint' && eventTypes.length > 0))

/** The documents that an event has to be rendered for. */
export const listenersOf = async (tx: Tx, event: Event): Promise<Listener[]> => {
  const endpoints = await tx.webhookEndpoint.findMany({ where: { status: { not: 'DISABLED' } } })
  return endpoints.filter((endpoint) => listensTo(endpoint, event)).map(listenerOf)
}

/** The document of an endpoint, as it is rendered. */
export const listenerOf = ({ renderingKey, document, variables, scopes }: WebhookEndpoint): Listener => ({
  renderingKey,
  document: document ?? defaultDocument,
  variables: variables as Record<string, unknown> | null,
  scopes,
})

/** What a secret of an endpoint is sealed under: a value copied to another endpoint does not open there. */
export const sealContext = (endpointId: string): string => `${endpointId}/secret`

// Enough for a site that takes half a second to be told of several posts a second, too few to press it.
const defaultMaxInFlight = 4

const renderingKeyOf = (document: string, variables: unknown, scopes: ApiKeyScope[]): string =>
  createHash('sha256')
    .update(JSON.stringify([document, variables, [...scopes].sort()]))
    .digest('base64url')
