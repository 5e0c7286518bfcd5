import type { ApiKeyScope, WebhookOrdering, WebhookSigning } from '../../db/generated/client.ts'
import type { EventType } from '../../events/catalog.ts'
import type { OutboxPorts } from '../../events/outbox.ts'
import { lineProblem } from '../../keys/key-name.ts'
import { hasScope } from '../../keys/viewer.ts'
import type { Seal } from '../../lib/encryption.ts'
import type { ValidationIssue } from '../../lib/errors.ts'
import type { Write } from '../../write/write.ts'
import { urlProblem, type WebhookAllow } from '../http/url-policy.ts'
import type { FilterRules } from './filter.ts'
import { type Header, headerProblems } from './header.ts'

/** What saving an endpoint needs besides the transaction. */
export type EndpointRules = {
  seal: Seal
  allow: WebhookAllow
  /** Every problem of a subscription document and its variables, each a sentence that says what to do. */
  documentProblems(document: string, variables: Record<string, unknown> | null): DocumentProblem[]
  /** What a document gives for an event in the state of now. */
  render: OutboxPorts['render']
  filters: FilterRules
}

export type DocumentProblem = { field: 'document' | 'variables'; message: string }

export type EndpointInput = {
  url: string
  description?: string | null
  eventTypes?: EventType[] | null
  /** A PostFilter. */
  filter?: object | null
  document?: string | null
  variables?: unknown
  scopes?: ApiKeyScope[] | null
  headers?: Header[] | null
  signing?: WebhookSigning[] | null
  ordering?: WebhookOrdering | null
  batchWindowSeconds?: number | null
  rateLimitPerMinute?: number | null
  maxInFlight?: number | null
}

/** Every problem of an endpoint that is to be saved, each with the path of the field at fault. */
export const endpointIssues = (w: Write, rules: EndpointRules, input: EndpointInput): ValidationIssue[] => {
  const issues: ValidationIssue[] = []
  const add = (field: string, message: string) => issues.push({ message, path: ['input', field] })
  const url = urlProblem(input.url, rules.allow)
  if (url) add('url', url)
  const description = input.description ? lineProblem(input.description, 1_000) : null
  if (description) add('description', `The description ${description}.`)
  const filter = input.filter ? rules.filters.problem(input.filter) : null
  if (filter) add('filter', filter)
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
  for (const { index, message } of headerProblems(input.headers ?? []))
    issues.push({ message, path: ['input', 'headers', ...(index === null ? [] : [String(index)])] })
  if (input.signing?.length === 0)
    add('signing', 'signing is empty; nothing goes out unsigned. Name HMAC_SHA256, ED25519 or both.')
  for (const [field, range] of Object.entries(ranges)) {
    const value = input[field as keyof typeof ranges]
    if (value != null && (value < range.least || value > range.most))
      add(field, `${field} must be ${range.least} to ${range.most} ${range.unit}, not ${value}.`)
  }
  return issues
}

// Beyond an hour a site is told too late to call it told. A hundred are all that a process has in flight; 6,000 a minute
// are as many as one is known to take in a burst.
const ranges = {
  batchWindowSeconds: { least: 0, most: 3_600, unit: 'seconds' },
  rateLimitPerMinute: { least: 1, most: 6_000, unit: 'deliveries' },
  maxInFlight: { least: 1, most: 100, unit: 'requests' },
} as const
