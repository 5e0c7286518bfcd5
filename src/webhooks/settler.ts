import type { Queue } from '../queue/queue.ts'
import type { Writer } from '../write.ts'
import type { Attempt } from './delivery.ts'
import { settle } from './settle.ts'

// Attempts that end together are written together: a transaction each would allow a few hundred a second.
const windowMs = 10

export type Settler = {
  /** Resolves when the attempt is written down. */
  add(done: Attempt): Promise<void>
}

type Parts = { write: Writer; queue: Queue; onAttempt: (attempt: Attempt) => void }

/** Collects attempts that end within a few milliseconds of each other and settles them in one transaction. */
export const createSettler = ({ write, queue, onAttempt }: Parts): Settler => {
  let waiting: Attempt[] = []
  let group: Promise<void> | null = null

  const flush = async () => {
    const attempts = waiting
    waiting = []
    group = null
    await settle(write, queue, attempts)
    for (const done of attempts) onAttempt(done)
  }

  return {
    add: (done) => {
      waiting.push(done)
      group ??= new Promise((resolve) => setTimeout(resolve, windowMs)).then(flush)
      return group
    },
  }
}
