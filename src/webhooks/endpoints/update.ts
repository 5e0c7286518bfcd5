import type { Tx } from '../../db/client.ts'
import type { ApiKeyScope, WebhookEndpoint, WebhookEndpointStatus } from '../../db/generated/client.ts'
import { Prisma } from '../../db/generated/client.ts'
import type { EventType } from '../../events/catalog.ts'
import { holdKey } from '../../keys/api-key.ts'
import { requireScope } from '../../keys/require-scope.ts'
import { hasScope } from '../../keys/viewer.ts'
import { ValidationError, type ValidationIssue } from '../../lib/errors.ts'
import { textProblem } from '../../lib/text.ts'
import type { Write } from '../../write/write.ts'
import { includedIn, maySend, showsTooMuch } from '../deliveries/manage/redeliver.ts'
import { wakeSenders } from '../deliveries/run/wake.ts'
import { defaultDocument, defaultMaxInFlight, defaultSigning, renderingKeyOf } from './endpoint.ts'
import { sealHeaders } from './header.ts'
import { untried } from './health.ts'
import { type EndpointInput, type EndpointRules, endpointIssues } from './input.ts'
import { lockOutFanOuts } from './locks.ts'
import { newKeys } from './secret.ts'
import { lockEndpoint, setEndpointStatus } from './status.ts'

/** What is absent stays as it is; what is null is cleared, or set to its default. */
export type EndpointChange = Partial<Omit<EndpointInput, 'url'>> & {
  id: string
  url?: string | null
  status?: WebhookEndpointStatus | null
  statusReason?: string | null
}

/**
 * Changes an endpoint. Events that were committed before reach it as they were rendered then; requests that go out from
 * now on go to the new URL, with the new headers and keys. The secret is that of a kind of signing that it did not have.
 *
 * @throws NotFoundError; ValidationError with every issue at once.
 */
export const updateWebhookEndpoint = async (
  w: Write,
  rules: EndpointRules,
  input: EndpointChange,
): Promise<{ id: string; secret: string | null }> => {
  requireScope(w, 'WEBHOOKS_MANAGE')
  const before = await lockEndpoint(w, input.id)
  const after = changed(rules, before, input)
  const issues = [
    ...issuesOf(w, rules, input, after),
    ...strangerIssues(w, before, input),
    ...statusIssues(input),
  ]
  if (issues.length > 0) throw new ValidationError(issues)
  await holdKey(w.tx, w.viewer, w.now)
  const { secret, publicKey } = await changeKeys(w, rules, before, after)
  const isOtherUrl = after.url !== before.url
  await w.tx.webhookEndpoint.update({
    where: { id: before.id },
    data: {
      ...after,
      filter: after.filter ?? Prisma.DbNull,
      variables: (after.variables ?? Prisma.DbNull) as Prisma.InputJsonObject,
      renderingKey: renderingKeyOf(after.document ?? defaultDocument, after.variables, after.scopes),
      ...headersOf(rules, input),
      publicKey,
      version: before.version + 1,
      // What is known of the health is of the place that it was.
      ...(isOtherUrl ? untried : {}),
      ...(shapingOf(input).length > 0 || input.status === 'ACTIVE' ? endsWith(w) : {}),
    },
  })
  await cancelBeyond(w, before, after.scopes)
  if (input.status) await setEndpointStatus(w, before.id, input.status, input.statusReason ?? null)
  // More may be let out, or it goes to another address.
  await wakeSenders(w.tx)
  return { id: before.id, secret }
}

/** What an endpoint is set to: the columns that can be changed and read again. */
type Settings = Pick<
  WebhookEndpoint,
  | 'url'
  | 'description'
  | 'document'
  | 'scopes'
  | 'ordering'
  | 'batchWindowSeconds'
  | 'rateLimitPerMinute'
  | 'maxInFlight'
  | 'signing'
> & {
  eventTypes: EventType[]
  filter: Prisma.InputJsonObject | null
  variables: Record<string, unknown> | null
}

const changed = ({ filters }: EndpointRules, before: WebhookEndpoint, input: EndpointChange): Settings => {
  const pick = <Value>(given: Value | null | undefined, cleared: Value, current: Value): Value =>
    given === undefined ? current : (given ?? cleared)
  const url = input.url ?? before.url
  return {
    url: URL.canParse(url) ? new URL(url).href : url,
    description: pick<string | null>(input.description, null, before.description),
    eventTypes: [...new Set(pick(input.eventTypes, [], before.eventTypes as EventType[]))],
    filter: input.filter
      ? filters.toJson(input.filter)
      : pick(input.filter, null, before.filter as Settings['filter']),
    document: pick<string | null>(input.document, null, before.document),
    variables: pick(input.variables, null, before.variables) as Settings['variables'],
    scopes: [...new Set(pick(input.scopes, [], before.scopes))],
    ordering: pick(input.ordering, 'UNORDERED', before.ordering),
    batchWindowSeconds: pick(input.batchWindowSeconds, 0, before.batchWindowSeconds),
    rateLimitPerMinute: pick<number | null>(input.rateLimitPerMinute, null, before.rateLimitPerMinute),
    maxInFlight: pick(input.maxInFlight, defaultMaxInFlight, before.maxInFlight),
    signing: [...new Set(pick(input.signing, defaultSigning, before.signing))],
  }
}

/** The issues of what is given: what is not is as it was saved, even if it could not be saved today. */
const issuesOf = (
  w: Write,
  rules: EndpointRules,
  input: EndpointChange,
  after: Settings,
): ValidationIssue[] => {
  const given = new Set<string | undefined>(Object.keys(input))
  // What a document may cost hangs on its variables.
  if (given.has('variables') || given.has('document')) given.add('variables').add('document')
  const issues = endpointIssues(w, rules, { ...after, filter: input.filter, headers: input.headers })
  return [
    ...issues.filter(({ path }) => given.has(path[1])),
    ...(input.url === null
      ? [{ message: 'An endpoint has to have a URL; leave url out to keep it.', path: ['input', 'url'] }]
      : []),
  ]
}

/** Whoever lacks a scope of the endpoint could have what it sees sent to a place of their own. */
const strangerIssues = (
  { viewer }: Write,
  { scopes, status }: WebhookEndpoint,
  input: EndpointChange,
): ValidationIssue[] => {
  const lacking = scopes.filter((scope) => !hasScope(viewer, scope))
  if (lacking.length === 0) return []
  // One that was disabled is sent nothing more until somebody who may see as much says so.
  const restarting = status === 'DISABLED' && input.status != null && input.status !== 'DISABLED'
  return [...shapingOf(input), ...(restarting ? ['status'] : [])].map((field) => ({
    message: `The endpoint reads with ${lacking.join(', ')}, which your key does not have, so it cannot change ${field}.`,
    path: ['input', field],
  }))
}

/** What says where an endpoint is sent and what it is shown. */
const shapingOf = (input: EndpointChange): string[] =>
  (['url', 'filter', 'document', 'variables', 'scopes', 'headers', 'signing'] as const).filter(
    (field) => input[field] !== undefined,
  )

/** It ends with the key that last had a say in it, be that sooner or later than the one before. */
const endsWith = ({ viewer }: Write) => ({
  updatedBy: viewer.name,
  updatedById: viewer.keyId,
  expiresAt: viewer.expiresAt ?? null,
})

const statusIssues = ({ status, statusReason }: EndpointChange): ValidationIssue[] => {
  const issue = (field: string, message: string) => [{ message, path: ['input', field] }]
  if (status === null) return issue('status', 'status cannot be null; leave it out to keep it.')
  if (statusReason == null) return []
  if (status === undefined) return issue('statusReason', 'statusReason goes with a status; give both.')
  const problem = textProblem(statusReason, 1_000)
  return problem ? issue('statusReason', `The reason ${problem}.`) : []
}

const headersOf = ({ seal }: EndpointRules, { id, headers }: EndpointChange) =>
  headers === undefined
    ? {}
    : {
        sealedHeaders: sealHeaders(seal, id, headers ?? []),
        headerNames: (headers ?? []).map(({ name }) => name),
      }

/** A kind of signing that is new gets a key; the keys of one that is given up end at once. */
const changeKeys = async (
  w: Write,
  { seal }: EndpointRules,
  before: WebhookEndpoint,
  { signing }: Settings,
): Promise<{ secret: string | null; publicKey: string | null }> => {
  const added = signing.filter((kind) => !before.signing.includes(kind))
  await w.tx.webhookSecret.deleteMany({ where: { endpointId: before.id, signing: { notIn: signing } } })
  const { rows, verifiedWith } = newKeys(seal, before.id, added, w.now)
  if (rows.length > 0) await w.tx.webhookSecret.createMany({ data: rows })
  const publicKey = signing.includes('ED25519') ? (verifiedWith.ED25519 ?? before.publicKey) : null
  return { secret: verifiedWith.HMAC_SHA256 ?? null, publicKey }
}

/** What was rendered with a scope that the endpoint no longer has is not sent any more, nor what is being fanned out. */
const cancelBeyond = async ({ tx }: Write, { id, scopes }: WebhookEndpoint, now: ApiKeyScope[]) => {
  if (maySend({ scopes: now }, { scopes })) return
  await cancelWider(tx, id, now)
  await lockOutFanOuts(tx, id)
  await cancelWider(tx, id, now)
}

const cancelWider = (tx: Tx, id: string, now: ApiKeyScope[]) =>
  tx.$executeRaw`
    UPDATE webhook_deliveries
    SET status = 'CANCELLED', next_attempt_at = NULL, leased_until = NULL,
        reason = ${showsTooMuch}
    WHERE endpoint_id = ${id} AND status = 'PENDING' AND NOT scopes <@ ${includedIn(now)}::text[]::"ApiKeyScope"[]`
