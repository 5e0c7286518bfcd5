import { isOutage } from '../../../db/outage.ts'
import type { Writer } from '../../../write/write.ts'
import { withoutAnswer } from '../../http/outcome.ts'
import type { Attempt } from './attempt.ts'
import { recordAttempts } from './record-attempts.ts'

// Attempts that end together are written together: a transaction each would allow a few hundred a second.
const windowMs = 10

export type AttemptBuffer = {
  /** Resolves when the attempt is written down. */
  add(done: Attempt): Promise<void>
}

type Parts = { write: Writer; onAttempt: (attempt: Attempt) => void }

/**
 * Collects attempts that end within a few milliseconds of each other and records them in one transaction. Where one of them
 * cannot be written, each is recorded by itself, so that it takes no others with it: they would all be sent again.
 */
export const createAttemptBuffer = ({ write, onAttempt }: Parts): AttemptBuffer => {
  let waiting: { done: Attempt; written: PromiseWithResolvers<void> }[] = []

  const record = async (attempts: Attempt[]): Promise<void> => {
    await recordAttempts(write, attempts)
    for (const done of attempts) onAttempt(done)
  }

  /** What a receiver answered is the one thing here that others choose: without it, its delivery is not sent for ever. */
  const recordAlone = (done: Attempt): Promise<void> =>
    record([done]).catch((error: unknown) => {
      if (isOutage(error)) throw error
      return record([{ ...done, outcome: withoutAnswer(done.outcome) }]).catch(() => {
        throw error
      })
    })

  const flush = async () => {
    const group = waiting
    waiting = []
    try {
      await record(group.map(({ done }) => done))
      for (const { written } of group) written.resolve()
    } catch (error) {
      for (const { done, written } of group) {
        // While the database is away, one question is enough.
        if (isOutage(error)) written.reject(error)
        else await recordAlone(done).then(written.resolve, written.reject)
      }
    }
  }

  return {
    add: (done) => {
      const written = Promise.withResolvers<void>()
      if (waiting.push({ done, written }) === 1) setTimeout(flush, windowMs)
      return written.promise
    },
  }
}
