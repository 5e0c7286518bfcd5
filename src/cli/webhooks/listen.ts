import { setTimeout as pause } from 'node:timers/promises'
import { createClient } from 'graphql-sse'
import { Agent, fetch as undiciFetch } from 'undici'
import { OperatorError } from '../../lib/errors.ts'
import {
  type AnswerError,
  ask,
  authorizationOf,
  causeOf,
  endpointOf,
  isAway,
  type Remote,
  refused,
  ServerAway,
} from '../remote.ts'

/** What is listened for, and how its bodies are shaped: by an endpoint, by a document, or by the default one. */
export type Listening = {
  types: string[] | null
  /** A sequence to begin after; null: from now on. */
  after: string | null
  endpointId: string | null
  document: string | null
}

/** An event with the body that an endpoint would get, or with why there is none. */
export type ListenedEvent = { id: string; sequence: string; type: string } & (
  | { body: string; problem: null }
  | { body: null; problem: string }
)

export type ListenHandlers = {
  signal: AbortSignal
  /** It is known from where on: whatever is committed now is received. */
  onReady: () => void
  onBreak: (reason: string) => void
}

/**
 * The bodies that an endpoint would get of a server's events, one by one as they are committed. Whatever a server cannot
 * answer now, because it restarts or has too much to do, is asked again, and goes on after the last event, so that none is
 * missed. Ends with the signal.
 *
 * @throws OperatorError when the server refuses.
 */
export async function* listen(
  remote: Remote,
  listening: Listening,
  handlers: ListenHandlers,
): AsyncGenerator<ListenedEvent> {
  const { signal, onReady } = handlers
  // Not "from now on" by the stream itself: if it broke before its first event, nobody would know where to go on.
  let after = listening.after ?? (await untilItWorks(handlers, () => endOfLog(remote, signal)))
  if (after !== null) onReady()
  while (after !== null && !signal.aborted) {
    const stream = eventsAfter(remote, listening.types, after, signal)
    try {
      for (let event = await nextEvent(stream, handlers); event; event = await nextEvent(stream, handlers)) {
        const preview = await untilItWorks(handlers, () => bodyOf(remote, listening, event.id, signal))
        if (preview === null) return
        if (preview !== 'not told') yield { ...event, ...preview }
        after = event.sequence
      }
    } finally {
      await stream.return(undefined)
    }
    await rest(signal, pauseMs)
  }
}

// Soon enough for somebody who restarts a server to watch, seldom enough to leave it in peace.
const pauseMs = 1_000
const longestPauseMs = 60_000

/** Does it until the server answers; null once it is to stop. */
const untilItWorks = async <T>(
  { signal, onBreak }: ListenHandlers,
  work: () => Promise<T>,
): Promise<T | null> => {
  while (!signal.aborted) {
    try {
      return await work()
    } catch (error) {
      if (signal.aborted) break
      if (!(error instanceof ServerAway)) throw error
      onBreak(error.message)
      await rest(signal, Math.min(Math.max(error.retryAfterMs ?? 0, pauseMs), longestPauseMs))
    }
  }
  return null
}

const rest = (signal: AbortSignal, ms: number): Promise<void> =>
  pause(ms, undefined, { signal }).catch(() => undefined)

/** The next event of a stream; null when it is over, or broke. */
const nextEvent = async (
  stream: AsyncIterator<Event>,
  { signal, onBreak }: ListenHandlers,
): Promise<Event | null> => {
  try {
    const { done, value } = await stream.next()
    return done ? null : value
  } catch (error) {
    if (signal.aborted) return null
    if (error instanceof OperatorError && !(error instanceof ServerAway)) throw error
    onBreak((error as Error).message)
    return null
  }
}

/** Where the log ends: a page of no types says it, whatever is in it. */
const endOfLog = async (remote: Remote, signal: AbortSignal): Promise<string> => {
  const query = 'query { changes(first: 1, types: []) { pageInfo { endCursor } } }'
  const { changes } = await ask<{ changes: { pageInfo: { endCursor: string | null } } }>(
    remote,
    query,
    {},
    signal,
  )
  return changes.pageInfo.endCursor ?? '0'
}

type Event = { id: string; sequence: string; type: string }

// The server sends a comment every 12 s: when nothing comes for longer, there is no server any more.
const silentMs = 40_000

async function* eventsAfter(
  remote: Remote,
  types: string[] | null,
  after: string,
  signal: AbortSignal,
): AsyncGenerator<Event> {
  const dispatcher = new Agent({ bodyTimeout: silentMs, headersTimeout: silentMs })
  const client = createClient({
    url: endpointOf(remote),
    headers: authorizationOf(remote),
    // The library would ask again for what has come already.
    retryAttempts: 0,
    fetchFn: (url: string, init: object) =>
      undiciFetch(url, { ...init, dispatcher }).catch((error: Error) => {
        throw new Error(causeOf(error))
      }),
  })
  const query =
    'subscription ($types: [EventType!], $after: String) { events(types: $types, after: $after) { id sequence type } }'
  const messages = client.iterate<{ events: Event }>({ query, variables: { types, after } })
  const leave = () => client.dispose()
  signal.addEventListener('abort', leave, { once: true })
  try {
    for await (const { data, errors } of messages) {
      if (errors) throw refusal(remote, 200, errors as readonly AnswerError[])
      if (data) yield data.events
    }
  } catch (error) {
    const { status } = (error as { response?: { status: number } }).response ?? {}
    // To ask again would not help where it is refused: a wrong key stays wrong.
    if (status !== undefined) throw refusal(remote, status, [{ message: (error as Error).message }])
    throw error instanceof OperatorError ? error : new ServerAway(causeOf(error as Error))
  } finally {
    signal.removeEventListener('abort', leave)
    client.dispose()
    await dispatcher.destroy()
  }
}

const refusal = (remote: Remote, status: number, errors: readonly AnswerError[]): OperatorError => {
  const why = errors.map(({ message }) => message).join(' ')
  return isAway(status, errors) || status >= 500 ? new ServerAway(why) : refused(remote, status, why)
}

type Body = { body: string; problem: null } | { body: null; problem: string }

/** What the endpoint is sent of an event, unless it is not told of it. */
const bodyOf = async (
  remote: Remote,
  { endpointId, document }: Listening,
  eventId: string,
  signal: AbortSignal,
): Promise<Body | 'not told'> => {
  const { previewWebhook } = await ask<{ previewWebhook: Preview }>(
    remote,
    'query ($input: PreviewWebhookInput!) { previewWebhook(input: $input) { body problem wouldBeSent } }',
    { input: endpointId ? { eventId, endpointId } : { eventId, document } },
    signal,
  )
  const { body, problem, wouldBeSent } = previewWebhook
  if (endpointId && !wouldBeSent) return 'not told'
  return body === null ? { body: null, problem: problem ?? 'it has no body' } : { body, problem: null }
}

type Preview = { body: string | null; problem: string | null; wouldBeSent: boolean }
