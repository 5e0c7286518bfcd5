import type { ObjectFieldsShape, ObjectRef } from '@pothos/core'
import {
  type ErrorCode as Code,
  ExpectedError,
  InvalidStateError,
  type ValidationIssue as Issue,
  NotFoundError,
  TakenError,
  ValidationError,
} from '../../lib/errors.ts'
import { builder, type SchemaTypes } from './builder.ts'

const ErrorCode = builder.enumType('ErrorCode', {
  description: 'What kind of problem a mutation met.',
  values: {
    BAD_USER_INPUT: { description: 'The input breaks a rule; the issues name each.' },
    NOT_FOUND: { description: 'It does not exist, or is not for this caller.' },
    VERSION_CONFLICT: { description: 'Someone saved it since it was read.' },
    INVALID_STATE: { description: 'The state does not allow the action.' },
    TAKEN: { description: 'The slug, the path or the name belongs to another one.' },
  } as const satisfies Record<Code, { description: string }>,
})

/** What a problem answers: the fields of the error as a plain object, since GraphQL takes a returned Error for a thrown one. */
type Common = Pick<ExpectedError, 'name' | 'message' | 'code' | 'path'>
type Problem<E extends ExpectedError = ExpectedError> = Common & Omit<E, keyof Error>

const ErrorInterface = builder.interfaceRef<Common>('Error').implement({
  description:
    'A problem that a mutation can be expected to meet: a member of its result union, not a top-level error.',
  fields: (t) => ({
    message: t.exposeString('message', {
      description: 'What is wrong and what to do about it, for a person.',
    }),
    code: t.field({
      type: ErrorCode,
      description: 'What kind of problem it is, for a program.',
      resolve: (error) => error.code,
    }),
    path: t.exposeStringList('path', {
      description: 'The way to the input at fault; empty when no single field is.',
    }),
  }),
})

type ErrorClass<E extends ExpectedError = ExpectedError> = (new (...args: never[]) => E) & { name: string }
const problemTypes = new Map<ErrorClass, ObjectRef<SchemaTypes, Problem>>()

/** Declares the type under which an expected error is answered: it has the name of its class. */
export const problemType = <E extends ExpectedError>(
  error: ErrorClass<E>,
  description: string,
  fields?: ObjectFieldsShape<SchemaTypes, Problem<E>>,
): void => {
  const ref = builder
    .objectRef<Problem<E>>(error.name)
    .implement({ description, interfaces: [ErrorInterface], fields })
  problemTypes.set(error, ref as unknown as ObjectRef<SchemaTypes, Problem>)
}

const ValidationIssue = builder.objectRef<Issue>('ValidationIssue').implement({
  description: 'One broken rule.',
  fields: (t) => ({
    message: t.exposeString('message', { description: 'What is wrong and what to do about it.' }),
    path: t.exposeStringList('path', {
      description: 'The way to the input at fault, such as ["input", "title"].',
    }),
  }),
})

problemType(ValidationError, 'The input breaks rules: all of them at once. Nothing was written.', (t) => ({
  issues: t.field({
    type: [ValidationIssue],
    description: 'Every broken rule; of more than 20 the last one says how many more there are.',
    resolve: (error) => error.issues,
  }),
}))
problemType(
  NotFoundError,
  'What the input names does not exist, or is not for this caller: both answer the same.',
)
problemType(InvalidStateError, 'The state does not allow the action. Nothing was written.')
problemType(TakenError, 'The slug, the path or the name belongs to another one. Nothing was written.')

/** The union that the mutation `name` answers: its payload, or one of the problems that it can meet. */
export const resultType = <Payload extends ObjectRef<SchemaTypes, unknown>>(
  name: string,
  payload: Payload,
  errors: ErrorClass[],
) => {
  const problems = errors.map((error) => problemTypes.get(error)).filter((ref) => ref !== undefined)
  return builder.unionType(`${name}Result`, {
    description: `What ${name[0]?.toLowerCase()}${name.slice(1)} answers: its payload, or the problem it met.`,
    types: [payload, ...problems] as (Payload | ObjectRef<SchemaTypes, Problem>)[],
    resolveType: (value: unknown) => (isProblem(value) ? value.name : payload.name),
  })
}

/** Makes a problem that a mutation can be expected to meet its answer; anything else stays an error. */
export const orProblem = <Value>(work: Promise<Value>): Promise<Value | Problem> =>
  work.catch((error: unknown) => {
    if (error instanceof ExpectedError) return asProblem(error)
    throw error
  })

/** An expected error as an answer. */
export const asProblem = (error: ExpectedError): Problem => {
  const problem = { ...error, name: error.name, message: error.message }
  problems.add(problem)
  return problem
}

const problems = new WeakSet<object>()

export const isProblem = (value: unknown): value is Problem =>
  typeof value === 'object' && value !== null && problems.has(value)
