import { setTimeout as pause } from 'node:timers/promises'
import { createClient } from 'graphql-sse'
import { OperatorError } from '../errors.ts'
import { newId } from '../id.ts'
import { signatureHeaders } from '../webhooks/sign.ts'
import { ask, authorizationOf, endpointOf, type Remote } from './remote.ts'

/** What is listened for, and how its bodies are shaped: by an endpoint, by a document, or by the default one. */
export type Listening = {
  types: string[] | null
  /** A sequence to begin after; null: from now on. */
  after: string | null
  endpointId: string | null
  document: string | null
}

export type Heard = { id: string; sequence: string; type: string; body: string }

// Soon enough for somebody who restarts a server to watch, seldom enough to leave it in peace.
const pauseMs = 1_000

/**
 * The bodies that an endpoint would get of a server's events, one by one as they are committed. A connection that breaks
 * is made again and goes on after the last event, so that none is missed. Ends with the signal.
 *
 * @throws OperatorError when the server refuses.
 */
export async function* listen(
  remote: Remote,
  listening: Listening,
  { signal, onBreak }: { signal: AbortSignal; onBreak: (reason: string) => void },
): AsyncGenerator<Heard> {
  let { after } = listening
  while (!signal.aborted) {
    try {
      for await (const event of eventsAfter(remote, listening.types, after, signal)) {
        const body = await bodyOf(remote, listening, event.id)
        if (body !== null) yield { ...event, body }
        after = event.sequence
      }
    } catch (error) {
      if (error instanceof OperatorError) throw error
      const { status } = (error as { response?: Response }).response ?? {}
      // To ask again would not help: a wrong key stays wrong.
      if (status && status >= 400 && status < 500)
        throw new OperatorError(`${remote.url} refuses with ${status}: ${(error as Error).message}`)
      if (!signal.aborted) onBreak((error as Error).message)
    }
    await pause(pauseMs, undefined, { signal }).catch(() => undefined)
  }
}

/** Posts a body as a delivery is posted, and returns the status of the answer. */
export const forward = async (url: string, secret: string, body: string): Promise<number> => {
  const signed = signatureHeaders({
    id: newId('delivery'),
    timestampSeconds: Date.now() / 1_000,
    body,
    secrets: [secret],
  })
  const headers = { ...signed, 'content-type': 'application/json' }
  const response = await fetch(url, { method: 'POST', headers, body, redirect: 'manual' })
  await response.body?.cancel()
  return response.status
}

type Event = Omit<Heard, 'body'>

async function* eventsAfter(
  remote: Remote,
  types: string[] | null,
  after: string | null,
  signal: AbortSignal,
): AsyncGenerator<Event> {
  const client = createClient({
    url: endpointOf(remote),
    headers: authorizationOf(remote),
    // The library would ask again for what has come already.
    retryAttempts: 0,
  })
  const query =
    'subscription ($types: [EventType!], $after: String) { events(types: $types, after: $after) { id sequence type } }'
  const messages = client.iterate<{ events: Event }>({ query, variables: { types, after } })
  const leave = () => client.dispose()
  signal.addEventListener('abort', leave, { once: true })
  try {
    for await (const { data, errors } of messages) {
      if (errors) throw new OperatorError(errors.map(({ message }) => message).join(' '))
      if (data) yield data.events
    }
  } finally {
    signal.removeEventListener('abort', leave)
    client.dispose()
  }
}

/** Null: the endpoint is not told of this event. */
const bodyOf = async (
  remote: Remote,
  { endpointId, document }: Listening,
  eventId: string,
): Promise<string | null> => {
  const { previewWebhook } = await ask<{ previewWebhook: Preview }>(
    remote,
    'query ($input: PreviewWebhookInput!) { previewWebhook(input: $input) { body problem wouldBeSent } }',
    { input: endpointId ? { eventId, endpointId } : { eventId, document } },
  )
  const { body, problem, wouldBeSent } = previewWebhook
  if (endpointId && !wouldBeSent) return null
  if (body === null) throw new OperatorError(`The event ${eventId} cannot be rendered: ${problem}`)
  return body
}

type Preview = { body: string | null; problem: string | null; wouldBeSent: boolean }
