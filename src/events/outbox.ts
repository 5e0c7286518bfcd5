import type { Tx } from '../db/client.ts'
import { type ApiKeyScope, type Event, Prisma } from '../db/generated/client.ts'
import type { LimitStatements } from '../db/statement-timeout.ts'
import { newId } from '../lib/id.ts'
import { type EventType, eventCatalog, mayBePublic } from './catalog.ts'
import type { FilterMatches } from './filter-matching.ts'
import { eventColumns } from './log.ts'
import type { TimeBudget } from './time-budget.ts'

/** What a domain says has happened: an event before it has its number and its data. */
export type EventDraft = {
  type: EventType
  subjectId: string
  subjectVersion: number
  /** The public names of the fields that changed, and the values that public ones had. */
  changedFields: string[]
  previous: Record<string, unknown> | null
  /** The row of the subject before it, as `pastOf` writes it; absent: there was none, or none that is shown. */
  before?: Record<string, unknown> | null
  /** What of it is kept apart, by the id from `keepTexts`. */
  beforeTextId?: bigint | null
  /** The cache tags whose answers are stale, and the paths of the pages that show the subject. */
  invalidates: string[]
  paths: string[]
  /** Whether the subject is or was public; everybody is told then, if the type's row in the catalog allows it. */
  isPublic: boolean
  /** Which interests the subject matched, before or after; absent: it is none that anybody filters. */
  filterMatches?: FilterMatches
  /** What only this type of event has. */
  detail?: Record<string, unknown>
  /** What is to be done in the same transaction once the event is written and rendered. */
  written?: (event: Event) => Promise<void>
}

/** A subscription document and the scopes that it reads with. What has the same key shows the same. */
export type View = {
  renderingKey: string
  document: string
  variables: Record<string, unknown> | null
  scopes: ApiKeyScope[]
}
/** An endpoint that is to be told of an event, and how it looks at it. */
export type Listener = View & { endpointId: string }
/**
 * What a document gave: the JSON of `data`, perhaps with errors beside it, or why it cannot be rendered. Neither data nor
 * failure: it took too long here, and is rendered when it is sent.
 */
export type Rendering = { data: string | null; errors: Prisma.InputJsonValue | null; failure: string | null }

/** What the outbox needs of others: who listens (webhooks), and what a document gives for an event (GraphQL). */
export type OutboxPorts = {
  /** Who is there now; it says of each event who is to be told. */
  listeners(tx: Tx): Promise<(event: Event) => Listener[]>
  render(tx: Tx, event: Event, view: View, signal: AbortSignal): Promise<Rendering>
  limitStatements: LimitStatements
  /** With documents, by their rendering keys. */
  timeBudget: TimeBudget
}

/** The channel that a commit with events notifies; the relay of every process listens. */
export const eventsChannel = 'presswire_events'

// Any constant will do: everything that takes a sequence waits for it, so that sequence order is commit order.
export const sequenceLock = 7_273_701

// Beyond these a publish would wait for its subscribers. What there is no time for is rendered when it is sent.
const maxDocumentsPerEvent = 20
const renderTimeoutMs = 200
// Of all documents of an event together: those that are quick go first.
const eventTimeoutMs = 250
// By what they take usually: a write is not slowed by much more than it takes by itself.
const usualTimeMs = 40

/**
 * Writes the events of a transaction, with their data rendered for every distinct document that listens. Called last in
 * the transaction: from here to the commit no other transaction can take a sequence.
 */
export const writeEvents = async (
  tx: Tx,
  ports: OutboxPorts,
  drafts: EventDraft[],
  by: Actor,
): Promise<Event[]> => {
  if (drafts.length === 0) return []
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(${sequenceLock})`
  const listenersOf = await ports.listeners(tx)
  const events: Event[] = []
  for (const draft of drafts) {
    const event = await insertEvent(tx, draft, by)
    await writeRenderings(tx, ports, event, listenersOf(event))
    await draft.written?.(event)
    events.push(event)
  }
  await tx.$executeRaw`SELECT pg_notify(${eventsChannel}, '')`
  return events
}

/** Who did it, and when: the name and the id of a key, or the name of a part of the program. */
type Actor = { actor: string | null; actorId?: string | null; now: Date }

const insertEvent = async (
  tx: Tx,
  draft: EventDraft,
  { actor, actorId = null, now }: Actor,
): Promise<Event> => {
  const { type, subjectId, subjectVersion, changedFields, invalidates, paths } = draft
  const isPublic = draft.isPublic && mayBePublic(type)
  const { matched: filtersMatched, missed: filtersMissed } = draft.filterMatches ?? {
    matched: [],
    missed: [],
  }
  const [row] = await tx.$queryRaw<[Event]>`
    INSERT INTO events (id, type, occurred_at, actor, actor_id, subject_type, subject_id, subject_version, changed_fields, previous,
      before, before_text_id, invalidates, paths, is_public, detail, filters_matched, filters_missed)
    VALUES (${newId('event')}, ${type}, ${now}, ${actor}, ${actorId}, ${eventCatalog[type].subject}, ${subjectId},
      ${subjectVersion}, ${changedFields}::text[], ${asJson(draft.previous)}, ${asJson(draft.before)}, ${draft.beforeTextId ?? null},
      ${invalidates}::text[], ${paths}::text[], ${isPublic}, ${asJson(draft.detail)},
      ${filtersMatched}::text[], ${filtersMissed}::text[])
    RETURNING ${eventColumns}`
  return { ...row, filtersMatched, filtersMissed }
}

/** As text: it keeps the order of the keys. */
const asJson = (value: object | null | undefined): Prisma.Sql =>
  Prisma.sql`${value == null ? null : JSON.stringify(value)}::json`

const writeRenderings = async (
  tx: Tx,
  ports: OutboxPorts,
  event: Event,
  listeners: Listener[],
): Promise<void> => {
  if (listeners.length === 0) return
  const byKey = Map.groupBy(listeners, (listener) => listener.renderingKey)
  const rows = await ports.limitStatements(tx, renderTimeoutMs, () => renderAll(tx, ports, event, byKey))
  await insertRenderings(tx, rows)
}

/** Renders as many of the documents as there is time for, those first that were quick the last time. */
const renderAll = async (
  tx: Tx,
  ports: OutboxPorts,
  event: Event,
  byKey: Map<string, Listener[]>,
): Promise<RenderingRow[]> => {
  const { timeBudget } = ports
  const start = performance.now()
  const rows: RenderingRow[] = []
  const chosen = timeBudget.choose([...byKey.keys()], usualTimeMs)
  const inOrder = new Set([...chosen, ...byKey.keys()])
  for (const key of inOrder) {
    const alike = byKey.get(key) ?? []
    const [listener] = alike
    if (!listener) continue
    const hasTime =
      rows.length < maxDocumentsPerEvent && performance.now() - start < eventTimeoutMs && chosen.includes(key)
    const rendering = hasTime ? await renderInSavepoint(tx, ports, event, listener) : late
    const endpointIds = alike.map(({ endpointId }) => endpointId)
    rows.push({ eventId: event.id, key, endpointIds, scopes: listener.scopes, ...rendering })
  }
  return rows
}

/** One parameter however many there are: the client would plan each value of each row, while a publish waits. */
const insertRenderings = (tx: Tx, rows: RenderingRow[]) =>
  tx.$executeRaw`
    INSERT INTO event_renderings (event_id, key, endpoint_ids, scopes, data, errors, failure)
    SELECT "eventId", key, "endpointIds", scopes, data, errors, failure
    FROM json_to_recordset(${JSON.stringify(rows)}::json) AS r(
      "eventId" text, key text, "endpointIds" text[], scopes "ApiKeyScope"[], data text, errors json, failure text)`

type RenderingRow = Rendering & {
  eventId: string
  key: string
  endpointIds: string[]
  scopes: ApiKeyScope[]
}

/**
 * A document that fails must not take the publish with it: what it did to the transaction is undone. A partial result
 * counts, too, since a failed statement may be beneath it, after which PostgreSQL would refuse every other one.
 */
const renderInSavepoint = async (
  tx: Tx,
  ports: OutboxPorts,
  event: Event,
  view: View,
): Promise<Rendering> => {
  const start = performance.now()
  await tx.$executeRaw`SAVEPOINT rendering`
  const deadline = AbortSignal.timeout(renderTimeoutMs)
  const tooSlow = new Promise<Rendering>((resolve) => {
    // No fault of the document's on a machine that is busy: whoever sends it has the time.
    deadline.onabort = () => resolve(late)
  })
  const rendering = await Promise.race([
    ports.render(tx, event, view, deadline).catch((error: Error) => failed(error.message)),
    tooSlow,
  ])
  deadline.onabort = null
  if (rendering.data === null || rendering.errors !== null)
    await tx.$executeRaw`ROLLBACK TO SAVEPOINT rendering`
  await tx.$executeRaw`RELEASE SAVEPOINT rendering`
  ports.timeBudget.note(view.renderingKey, performance.now() - start)
  return rendering
}

const late: Rendering = { data: null, errors: null, failure: null }
const failed = (failure: string): Rendering => ({ data: null, errors: null, failure })
