import type { Client } from '../support/client.ts'
import { until } from '../support/until.ts'

export type Followed = { sequence: string; type: string; [field: string]: unknown }
type Message = {
  data?: { events: Followed } | null
  errors?: { message: string; extensions: { code: string } }[]
}

/** A subscription to events over server-sent events, as a client without a library has it. */
export type Following = {
  status: number
  contentType: string | null
  /** The events that have come so far. */
  events: Followed[]
  errors: NonNullable<Message['errors']>
  /** Everything that has come, byte for byte. */
  text(): string
  /** Whether the server has ended the stream. */
  hasEnded(): boolean
  /** Waits until so many events have come, and returns them all. */
  waitFor(count: number): Promise<Followed[]>
  /** Goes away without a word. */
  leave(): Promise<void>
}

/** Subscribes; resolves when the server has begun to answer. `args` are those of the field, in GraphQL. */
export const follow = async (
  url: string,
  { key }: Client,
  args = '',
  fields = 'type sequence',
  headers: Record<string, string> = {},
): Promise<Following> => {
  const leaving = new AbortController()
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'text/event-stream',
      ...(key ? { authorization: `Bearer ${key}` } : {}),
      ...headers,
    },
    body: JSON.stringify({ query: `subscription { events${args && `(${args})`} { ${fields} } }` }),
    signal: leaving.signal,
  })
  const events: Followed[] = []
  const errors: Following['errors'] = []
  let text = ''
  let read = 0
  let ended = false
  const take = () => {
    // A message ends with an empty line; what comes after the last one is not whole yet.
    for (let end = text.indexOf('\n\n', read); end >= 0; end = text.indexOf('\n\n', read)) {
      const [, data] = /^data: (.*)$/m.exec(text.slice(read, end)) ?? []
      read = end + 2
      if (!data) continue
      const message = JSON.parse(data) as Message
      if (message.data) events.push(message.data.events)
      errors.push(...(message.errors ?? []))
    }
  }
  const reading = (async () => {
    const decoder = new TextDecoder()
    try {
      for await (const chunk of response.body ?? []) {
        text += decoder.decode(chunk as Uint8Array, { stream: true })
        take()
      }
      ended = true
    } catch (error) {
      if (!leaving.signal.aborted) throw error
    }
  })()
  return {
    status: response.status,
    contentType: response.headers.get('content-type'),
    events,
    errors,
    text: () => text,
    hasEnded: () => ended,
    waitFor: async (count) => {
      await until(() => events.length >= count)
      return events
    },
    leave: async () => {
      leaving.abort()
      await reading
    },
  }
}
