import type { Event } from '../db/generated/client.ts'
import type { Viewer } from '../keys/viewer.ts'
import { ExpectedError, InvalidStateError, ValidationError } from '../lib/errors.ts'
import type { Write, Writer } from '../write/write.ts'

export type BulkPolicy = 'EACH' | 'ALL_OR_NOTHING'
/** What became of one of many: what it made, with its event, or the problem it met. */
export type OneResult<Value> = { value: Value; events: Event[] } | ExpectedError

// A page of a list; each is a transaction's worth of work.
const maxRows = 100

/**
 * Does one thing to many, with a result for each. EACH: every one in a transaction of its own. ALL_OR_NOTHING: all in one;
 * when one cannot be done nothing is, and the others say so.
 *
 * @param idOf the id of what was made, by which its events are found.
 */
export const doMany = async <Input, Value>(
  write: Writer,
  viewer: Viewer,
  inputs: Input[],
  policy: BulkPolicy,
  work: (w: Write, input: Input) => Promise<Value>,
  idOf: (value: Value) => string,
): Promise<OneResult<Value>[]> => {
  if (inputs.length > maxRows) {
    const message = `posts has ${inputs.length} entries; at most ${maxRows} can be given at once.`
    throw new ValidationError([{ message, path: ['input', 'posts'] }])
  }
  return policy === 'EACH'
    ? each(write, viewer, inputs, work)
    : allOrNothing(write, viewer, inputs, work, idOf)
}

const each = async <Input, Value>(
  write: Writer,
  viewer: Viewer,
  inputs: Input[],
  work: (w: Write, input: Input) => Promise<Value>,
): Promise<OneResult<Value>[]> => {
  const results: OneResult<Value>[] = []
  for (const input of inputs) results.push(await write(viewer, (w) => work(w, input)).catch(onlyExpected))
  return results
}

/** Carries the problems of all rows out of the transaction that they roll back. */
class SomeFailed extends Error {
  readonly problems: Map<number, ExpectedError>

  constructor(problems: Map<number, ExpectedError>) {
    super('Some of many failed.')
    this.problems = problems
  }
}

const allOrNothing = async <Input, Value>(
  write: Writer,
  viewer: Viewer,
  inputs: Input[],
  work: (w: Write, input: Input) => Promise<Value>,
  idOf: (value: Value) => string,
): Promise<OneResult<Value>[]> => {
  try {
    const { value: values, events } = await write(viewer, async (w) => {
      const made: Value[] = []
      const problems = new Map<number, ExpectedError>()
      for (const [index, input] of inputs.entries()) {
        try {
          made.push(await work(w, input))
        } catch (error) {
          problems.set(index, onlyExpected(error))
        }
      }
      if (problems.size > 0) throw new SomeFailed(problems)
      return made
    })
    return values.map((value) => ({
      value,
      events: events.filter(({ subjectId }) => subjectId === idOf(value)),
    }))
  } catch (error) {
    if (!(error instanceof SomeFailed)) throw error
    const message =
      'Nothing was done, since another one of the request failed and the policy is ALL_OR_NOTHING.'
    return inputs.map((_, index) => error.problems.get(index) ?? new InvalidStateError(message))
  }
}

const onlyExpected = (error: unknown): ExpectedError => {
  if (error instanceof ExpectedError) return error
  throw error
}
