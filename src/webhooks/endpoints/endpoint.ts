import { createHash } from 'node:crypto'
import type { Tx } from '../../db/client.ts'
import type { ApiKeyScope, Event, WebhookEndpoint, WebhookSigning } from '../../db/generated/client.ts'
import { Prisma } from '../../db/generated/client.ts'
import { apiVersion, type EventType } from '../../events/catalog.ts'
import type { Listener, View } from '../../events/outbox.ts'
import { maySee } from '../../events/visibility.ts'
import { holdKey } from '../../keys/api-key.ts'
import { requireScope } from '../../keys/require-scope.ts'
import { viewerWith } from '../../keys/viewer.ts'
import { ValidationError, type ValidationIssue } from '../../lib/errors.ts'
import { newId } from '../../lib/id.ts'
import { type Kind, kindNames, kinds } from '../../taxonomy/kinds.ts'
import type { Write } from '../../write/write.ts'
import { cancelSome, deletedReason } from './delete-in-steps.ts'
import { subscriptionFilterOf } from './filter.ts'
import { sealHeaders } from './header.ts'
import { type EndpointInput, type EndpointRules, endpointIssues } from './input.ts'
import { newKeys, shownOf } from './secret.ts'
import { cancelComing, lockEndpoint, newestSequence } from './status.ts'

const ofTerm = (kind: Kind): string => {
  const { type, isTree, canMerge } = kinds[kind]
  const parent = isTree ? ' parent { id slug name }' : ''
  return `... on ${type}Event { ${kind} { id slug name path url${parent} }${canMerge ? ' mergedIds' : ''} }`
}

/** What an endpoint without a document of its own is sent. */
export const defaultDocument = `subscription {
  events {
    ... on PostEvent {
      post {
        id slug path url title excerpt publishedAt
        ${kindNames.map((kind) => `${kinds[kind].plural} { slug name }`).join(' ')}
      }
    }
${kindNames.map((kind) => `    ${ofTerm(kind)}\n`).join('')}    ... on ImportEvent { source created changed unchanged failed }
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
  requireScope(w, 'WEBHOOKS_MANAGE')
  const issues = [...endpointIssues(w, rules, input), ...(await countIssues(w))]
  if (issues.length > 0) throw new ValidationError(issues)
  await holdKey(w.tx, w.viewer, w.now)
  const id = newId('endpoint')
  const scopes = input.scopes ?? []
  const variables = (input.variables ?? null) as Record<string, unknown> | null
  const headers = input.headers ?? []
  const signing = [...new Set(input.signing ?? defaultSigning)]
  const keys = newKeys(rules.seal, id, signing, w.now)
  const endpoint = await w.tx.webhookEndpoint.create({
    data: {
      id,
      url: new URL(input.url).href,
      description: input.description ?? null,
      eventTypes: [...new Set(input.eventTypes ?? [])],
      filter: input.filter ? rules.filters.toJson(input.filter) : undefined,
      document: input.document ?? null,
      variables: (variables ?? undefined) as Prisma.InputJsonObject | undefined,
      scopes,
      apiVersion,
      renderingKey: renderingKeyOf(input.document ?? defaultDocument, variables, scopes),
      sealedHeaders: sealHeaders(rules.seal, id, headers),
      headerNames: headers.map(({ name }) => name),
      ordering: input.ordering ?? 'UNORDERED',
      batchWindowSeconds: input.batchWindowSeconds ?? 0,
      rateLimitPerMinute: input.rateLimitPerMinute ?? null,
      maxInFlight: input.maxInFlight ?? defaultMaxInFlight,
      signing,
      publicKey: keys.verifiedWith.ED25519 ?? null,
      listensAfter: await newestSequence(w),
      statusChangedAt: w.now,
      createdAt: w.now,
      createdBy: w.viewer.name,
      createdById: w.viewer.keyId,
      expiresAt: w.viewer.expiresAt,
    },
  })
  await w.tx.webhookSecret.createMany({ data: keys.rows })
  return { endpoint, secret: shownOf(keys) }
}

/**
 * Deletes an endpoint with its secrets: it is gone for everybody at once. Deliveries stay in the log; those that wait are
 * cancelled, very many of them soon after.
 */
export const deleteWebhookEndpoint = async (w: Write, id: string): Promise<string> => {
  requireScope(w, 'WEBHOOKS_MANAGE')
  await lockEndpoint(w, id)
  await w.tx.webhookSecret.deleteMany({ where: { endpointId: id } })
  await w.tx.webhookEndpoint.update({ where: { id }, data: { ...nothingLeft, deletedAt: w.now } })
  await cancelSome(w.tx, id, deletedReason)
  await cancelComing(w, id, deletedReason)
  return id
}

// Each is asked about at every write, so that they are not without number.
const maxEndpoints = 200

const countIssues = async ({ tx }: Write): Promise<ValidationIssue[]> => {
  // One at a time: two that were counted together would be one too many.
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext('webhook endpoints'))`
  const count = await tx.webhookEndpoint.count({ where: { deletedAt: null } })
  if (count < maxEndpoints) return []
  const message = `There are ${count} webhook endpoints already, and at most ${maxEndpoints} are allowed. Delete one that nobody needs any more with deleteWebhookEndpoint.`
  return [{ message, path: ['input'] }]
}

// Neither what it was told nor where to outlives it.
const nothingLeft = {
  status: 'DISABLED' as const,
  url: '',
  description: null,
  filter: Prisma.DbNull,
  document: null,
  variables: Prisma.DbNull,
  sealedHeaders: null,
  headerNames: [] as string[],
} satisfies Prisma.WebhookEndpointUpdateInput

/** Whether an endpoint is to be told of an event that is being committed. */
export const listensTo = (
  endpoint: Listening & Pick<WebhookEndpoint, 'listensAfter'>,
  event: Event,
): boolean => event.sequence > endpoint.listensAfter && isFor(endpoint, event)

/**
 * Whether an event is one that an endpoint is told of, whenever that was: its types, what its scopes may see, and its
 * filter, as far as it was decided when the event was committed.
 */
export const isFor = (endpoint: Listening, event: Event): boolean => {
  const { id, eventTypes, scopes } = endpoint
  if (event.type === testType) return event.subjectId === id
  const filter = subscriptionFilterOf(endpoint)
  if (filter && event.filtersMissed.includes(filter.key)) return false
  if (eventTypes.length > 0) return eventTypes.includes(event.type) && mayBeTold(endpoint, event)
  return (filter === null || event.subjectType === 'Post') && maySee(viewerWith(scopes), event)
}

type Listening = Pick<WebhookEndpoint, 'id' | 'eventTypes' | 'scopes' | 'filter'>

/** Whether an event that an endpoint was once to be told of may be told to it today: of endpoints, whoever names their types. */
export const mayBeTold = ({ scopes }: Pick<WebhookEndpoint, 'scopes'>, event: Event): boolean =>
  event.subjectType === 'Endpoint' || maySee(viewerWith(scopes), event)

/** The event of somebody who tries an endpoint out. */
export const testType: EventType = 'webhook.test'

/** How an endpoint looks at events. */
export const viewOf = ({
  renderingKey,
  document,
  variables,
  scopes,
}: Pick<WebhookEndpoint, 'renderingKey' | 'document' | 'variables' | 'scopes'>): View => ({
  renderingKey,
  document: document ?? defaultDocument,
  variables: variables as View['variables'],
  scopes,
})

/** The documents that events have to be rendered for, those of each. */
export const listenersOf = async (tx: Tx): Promise<(event: Event) => Listener[]> => {
  const endpoints = await tx.webhookEndpoint.findMany({ where: { status: { not: 'DISABLED' } } })
  return (event) =>
    endpoints
      .filter((endpoint) => listensTo(endpoint, event) && !hasEnded(endpoint, event.occurredAt))
      .map((endpoint) => ({ ...viewOf(endpoint), endpointId: endpoint.id }))
}

/** Whether it has ended with its key, however soon the worker comes to disable it. */
const hasEnded = ({ expiresAt }: WebhookEndpoint, now: Date): boolean =>
  expiresAt !== null && expiresAt <= now

// Enough for a site that takes half a second to be told of several posts a second, too few to press it.
export const defaultMaxInFlight = 4

/** What every library for Standard Webhooks verifies. */
export const defaultSigning: WebhookSigning[] = ['HMAC_SHA256']

/** Endpoints with the same key are shown the same of an event. */
export const renderingKeyOf = (document: string, variables: unknown, scopes: ApiKeyScope[]): string =>
  createHash('sha256')
    .update(JSON.stringify([document, variables, [...scopes].sort()]))
    .digest('base64url')
