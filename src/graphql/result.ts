import {
  type ErrorCode as Code,
  type ExpectedError,
  InvalidStateError,
  type ValidationIssue as Issue,
  NotFoundError,
  TakenError,
  ValidationError,
} from '../errors.ts'
import { builder } from './builder.ts'

const ErrorCode = builder.enumType('ErrorCode', {
  description: 'What kind of problem a mutation met.',
  values: {
    BAD_USER_INPUT: { description: 'The input breaks a rule; the issues name each.' },
    NOT_FOUND: { description: 'It does not exist, or is not for this caller.' },
    VERSION_CONFLICT: { description: 'Someone saved it since it was read.' },
    INVALID_STATE: { description: 'The state does not allow the action.' },
    TAKEN: { description: 'The slug or path belongs to another one.' },
  } as const satisfies Record<Code, { description: string }>,
})

export const ErrorInterface = builder.interfaceRef<ExpectedError>('Error').implement({
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

const ValidationIssue = builder.objectRef<Issue>('ValidationIssue').implement({
  description: 'One broken rule.',
  fields: (t) => ({
    message: t.exposeString('message', { description: 'What is wrong and what to do about it.' }),
    path: t.exposeStringList('path', {
      description: 'The way to the input at fault, such as ["input", "title"].',
    }),
  }),
})

builder.objectType(ValidationError, {
  name: 'ValidationError',
  description: 'The input breaks rules: all of them at once. Nothing was written.',
  interfaces: [ErrorInterface],
  fields: (t) => ({
    issues: t.field({
      type: [ValidationIssue],
      description: 'Every broken rule.',
      resolve: (error) => error.issues,
    }),
  }),
})
builder.objectType(NotFoundError, {
  name: 'NotFoundError',
  description: 'What the input names does not exist, or is not for this caller: both answer the same.',
  interfaces: [ErrorInterface],
})
builder.objectType(InvalidStateError, {
  name: 'InvalidStateError',
  description: 'The state does not allow the action. Nothing was written.',
  interfaces: [ErrorInterface],
})
builder.objectType(TakenError, {
  name: 'TakenError',
  description: 'The slug or path belongs to another one. Nothing was written.',
  interfaces: [ErrorInterface],
})

/** The `errors` option of a mutation named `name`: its result is a union of its payload and these errors. */
export const resultOf = (name: string, errors: (new (...args: never[]) => ExpectedError)[]) => ({
  types: errors as (new (...args: unknown[]) => ExpectedError)[],
  directResult: true as const,
  union: {
    name: `${name}Result`,
    description: `What ${name[0]?.toLowerCase()}${name.slice(1)} answers: its payload, or the problem it met.`,
  },
})
