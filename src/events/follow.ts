import { hasScope, type Viewer } from '../auth/viewer.ts'
import type { Tx } from '../db/client.ts'
import type { Event, Prisma } from '../db/generated/client.ts'
import { RequestError } from '../errors.ts'
import type { EventType } from './catalog.ts'

/** Which events a viewer may see: without content:read only those of what is or was public. */
export const eventsVisibleTo = (viewer: Viewer): Prisma.EventWhereInput =>
  hasScope(viewer, 'CONTENT_READ') ? {} : { isPublic: true }

/** Resolves at the next commit with events, or after a while all the same. */
export type NextCommit = () => Promise<void>

export type Follow = (
  viewer: Viewer,
  types: EventType[] | null,
  after: string | null,
) => Promise<AsyncGenerator<{ events: Event }>>

// A page of the log; a slow reader holds no more than this in memory.
const batch = 100

/**
 * The events after a sequence, in commit order and without end: what is in the log first, then each as it is committed.
 * Without `after`, from the moment on at which it resolves. Leaving it ends it at once, also while it waits for a commit.
 */
export const createFollow =
  (db: Tx, nextCommit: NextCommit): Follow =>
  async (viewer, types, after) => {
    const start = after === null ? await newest(db) : readSequence(after)
    const left = Promise.withResolvers<'left'>()
    const log = read(db, { viewer, types, start }, () => Promise.race([nextCommit(), left.promise]))
    const leave = log.return.bind(log)
    // A generator that waits does not see that it is left: it has to be woken to it.
    log.return = (value) => {
      left.resolve('left')
      return leave(value)
    }
    return log
  }

async function* read(
  db: Tx,
  { viewer, types, start }: { viewer: Viewer; types: EventType[] | null; start: bigint },
  wait: () => Promise<unknown>,
): AsyncGenerator<{ events: Event }> {
  let sequence = start
  for (;;) {
    const committed = wait()
    const events = await db.event.findMany({
      where: {
        ...eventsVisibleTo(viewer),
        sequence: { gt: sequence },
        ...(types ? { type: { in: types } } : {}),
      },
      orderBy: { sequence: 'asc' },
      take: batch,
    })
    for (const event of events) {
      yield { events: event }
      sequence = event.sequence
    }
    if (events.length < batch && (await committed) === 'left') return
  }
}

const newest = async (db: Tx): Promise<bigint> => {
  const { _max } = await db.event.aggregate({ _max: { sequence: true } })
  return _max.sequence ?? 0n
}

const readSequence = (after: string): bigint => {
  if (/^\d{1,18}$/.test(after)) return BigInt(after)
  throw new RequestError(
    'INVALID_CURSOR',
    `"after" must be the sequence of an event, such as "1042", not "${after}".`,
  )
}
