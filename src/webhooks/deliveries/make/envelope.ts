import type { Event } from '../../../db/generated/client.ts'
import type { Rendering } from '../../../events/outbox.ts'

/** What an event's document gave, and whether it was rendered after the event's own transaction. */
export type Shown = Rendering & { isReplay: boolean }

/** A body that can be sent, or why there is none; `isTooLarge`: of less there might be one. */
export type Body = { body: string } | { reason: string; isTooLarge?: true }

/** The envelope of one event, with `data` set in as it was rendered, byte for byte. */
export const eventBody = (
  event: Event,
  apiVersion: string,
  { data, errors, failure, isReplay }: Shown,
): Body =>
  data === null
    ? { reason: failure ?? 'The document gave nothing.' }
    : whole(
        {
          id: event.id,
          type: event.type,
          timestamp: event.occurredAt.toISOString(),
          sequence: String(event.sequence),
          apiVersion,
          subject: subjectOf(event),
          changedFields: event.changedFields,
          previous: event.previous,
          invalidates: event.invalidates,
          paths: event.paths,
        },
        data,
        errors,
        isReplay,
      )

/** The last event about each subject of a window. */
export type LastState = { event: Event; shown: Shown }

/**
 * The envelope of a batch window: each subject once, in the order of its last event. A subject whose data could not be
 * rendered has null there, and an error says why; that is a body all the same, unless there is no other.
 *
 * @param events all of the window, in commit order.
 */
export const batchBody = (id: string, apiVersion: string, events: Event[], states: LastState[]): Body => {
  const [first, last] = [events[0], events.at(-1)]
  if (!first || !last) return { reason: 'The events of the window are no longer kept.' }
  const [failed] = states.flatMap(({ shown }) => shown.failure ?? [])
  if (failed && states.every(({ shown }) => shown.data === null)) return { reason: failed }
  const errors = states.flatMap(({ shown }, index) => errorsAt(shown, index))
  return whole(
    {
      id,
      type: 'events.batch',
      timestamp: last.occurredAt.toISOString(),
      firstSequence: String(first.sequence),
      sequence: String(last.sequence),
      apiVersion,
      subjects: states.map(({ event }) => ({ ...subjectOf(event), change: event.type })),
      invalidates: [...new Set(events.flatMap((event) => event.invalidates))],
      paths: [...new Set(events.flatMap((event) => event.paths))],
    },
    `[${states.map(({ shown }) => shown.data ?? 'null').join(',')}]`,
    errors.length > 0 ? errors : null,
    states.some(({ shown }) => shown.isReplay),
  )
}

const subjectOf = ({ subjectType, subjectId, subjectVersion }: Event) => ({
  type: subjectType,
  id: subjectId,
  version: subjectVersion,
})

type ShownError = { message: string; path: (string | number)[] | null }

const errorsAt = ({ errors, failure }: Shown, index: number): ShownError[] =>
  failure !== null
    ? [{ message: failure, path: ['data', index] }]
    : ((errors ?? []) as ShownError[]).map(({ message, path }) => ({
        message,
        // In a document the first step is its root field, whose value is the entry of `data`.
        path: ['data', index, ...(path ?? []).slice(1)],
      }))

/** The contract's limit of a body; beyond it a receiver is better told to ask for less. */
export const maxBodyBytes = 256 * 1024

const whole = (head: object, data: string, errors: unknown, isReplay: boolean): Body => {
  const shownErrors = errors ? `,"errors":${JSON.stringify(errors)}` : ''
  const rendered = isReplay ? ',"rendered":"replay"' : ''
  const body = `${JSON.stringify(head).slice(0, -1)},"data":${data}${shownErrors}${rendered}}`
  const bytes = Buffer.byteLength(body)
  return bytes <= maxBodyBytes
    ? { body }
    : {
        reason: `The body has ${bytes} bytes, more than the ${maxBodyBytes} that are sent; ask for fewer fields in the endpoint's document.`,
        isTooLarge: true,
      }
}
