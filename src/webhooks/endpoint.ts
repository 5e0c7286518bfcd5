import { createHash } from 'node:crypto'
import { hasScope, viewerWith } from '../auth/viewer.ts'
import type { Tx } from '../db/client.ts'
import type { ApiKeyScope, Event, Prisma, WebhookEndpoint } from '../db/generated/client.ts'
import { NotFoundError, ValidationError, type ValidationIssue } from '../errors.ts'
import { apiVersion, type EventType } from '../events/catalog.ts'
import type { Listener } from '../events/outbox.ts'
import { newId } from '../id.ts'
import type { Seal } from '../seal.ts'
import { textProblem } from '../text.ts'
import type { Write } from '../write.ts'
import { urlProblem, type WebhookAllow } from './address.ts'
import { newWebhookSecret } from './sign.ts'

/** What saving an endpoint needs besides the transaction. */
export type EndpointRules = {
  seal: Seal
  allow: WebhookAllow
  /** Every problem of a subscription document and its variables, each a sentence that says what to do. */
  documentProblems(document: string, variables: Record<string, unknown> | null): DocumentProblem[]
}

export type DocumentProblem = { field: 'document' | 'variables'; message: string }

export type EndpointInput = {
  url: string
  description?: string | null
  eventTypes?: EventType[] | null
  document?: string | null
  variables?: unknown
  scopes?: ApiKeyScope[] | null
}

/** What an endpoint without a document of its own is sent. */
export const defaultDocument = `subscription {
  events {
    ... on PostEvent {
      post {
        id slug path url title excerpt publishedAt
        authors { slug name } categories { slug name } tags { slug name }
      }
    }
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
  const issues = issuesOf(w, rules, input)
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
      signing: ['HMAC_SHA256'],
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
  const endpoint = await w.tx.webhookEndpoint.findUnique({ where: { id }, select: { id: true } })
  if (!endpoint) throw new NotFoundError(`There is no webhook endpoint with the id "${id}".`, ['input', 'id'])
  await w.tx.webhookDelivery.updateMany({
    where: { endpointId: id, status: 'PENDING' },
    data: { status: 'CANCELLED', nextAttemptAt: null, reason: 'The endpoint was deleted.' },
  })
  await w.tx.webhookEndpoint.delete({ where: { id } })
  return id
}

/** Whether an endpoint is to be told of an event: its types, and what its scopes may see. */
export const listensTo = (endpoint: Pick<WebhookEndpoint, 'eventTypes' | 'scopes'>, event: Event): boolean =>
  (endpoint.eventTypes.length === 0 || endpoint.eventTypes.includes(event.type)) &&
  (event.isPublic || hasScope(viewerWith(endpoint.scopes), 'CONTENT_READ'))

/** The documents that an event has to be rendered for. */
export const listenersOf = async (tx: Tx, event: Event): Promise<Listener[]> => {
  const endpoints = await tx.webhookEndpoint.findMany({ where: { status: { not: 'DISABLED' } } })
  return endpoints
    .filter((endpoint) => listensTo(endpoint, event))
    .map(({ renderingKey, document, variables, scopes }) => ({
      renderingKey,
      document: document ?? defaultDocument,
      variables: variables as Record<string, unknown> | null,
      scopes,
    }))
}

/** What a secret of an endpoint is sealed under: a value copied to another endpoint does not open there. */
export const sealContext = (endpointId: string): string => `${endpointId}/secret`

const issuesOf = (w: Write, rules: EndpointRules, input: EndpointInput): ValidationIssue[] => {
  const issues: ValidationIssue[] = []
  const add = (field: string, message: string) => issues.push({ message, path: ['input', field] })
  const url = urlProblem(input.url, rules.allow)
  if (url) add('url', url)
  const description = input.description ? textProblem(input.description, 1_000) : null
  if (description) add('description', `The description ${description}.`)
  const { variables } = input
  if (variables != null && (typeof variables !== 'object' || Array.isArray(variables))) {
    add('variables', 'The variables must be a JSON object.')
  } else if (input.document != null) {
    const values = (variables ?? null) as Record<string, unknown> | null
    for (const { field, message } of rules.documentProblems(input.document, values)) add(field, message)
  }
  for (const scope of input.scopes ?? []) {
    if (!hasScope(w.viewer, scope)) {
      add('scopes', `An endpoint cannot read with ${scope}, which your key does not have.`)
    }
  }
  return issues
}

const renderingKeyOf = (document: string, variables: unknown, scopes: ApiKeyScope[]): string =>
  createHash('sha256')
    .update(JSON.stringify([document, variables, [...scopes].sort()]))
    .digest('base64url')
