import { builder } from '../../../graphql/schema/builder.ts'
import { orProblem, resultType } from '../../../graphql/schema/result.ts'
import { selectOf } from '../../../graphql/schema/select.ts'
import { InvalidStateError, NotFoundError, TakenError, ValidationError } from '../../../lib/errors.ts'
import {
  deletedPayload,
  deleteInput,
  eventAndJob,
  eventField,
  type FieldsOf,
  type Written,
  type WrittenWithJob,
} from '../../shared/graphql/change.ts'
import { createAuthor, deleteAuthor, updateAuthor } from '../author.ts'
import { Author } from './author.ts'

type InputFields = Parameters<Parameters<typeof builder.inputType>[1]['fields']>[0]

const authorFields = (t: InputFields) => ({
  slug: t.string({
    description: 'The name in a URL. Absent or null: made from the name, with a number when it is taken.',
  }),
  bio: t.string({ description: 'Who they are, as plain text of at most 5,000 characters.' }),
  websiteUrl: t.string({ description: 'Their own site: an http or https URL.' }),
  avatarUrl: t.string({ description: 'A picture of them: an http or https URL.' }),
})

const CreateAuthorInput = builder.inputType('CreateAuthorInput', {
  description: 'A new author: a name at least.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'Plain text of at most 200 characters.' }),
    ...authorFields(t),
  }),
})

const UpdateAuthorInput = builder.inputType('UpdateAuthorInput', {
  description:
    'Changes to an author. Absent fields are left alone, null clears; a slug of null is made anew.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'Which author to change.' }),
    name: t.string({ description: 'Plain text of at most 200 characters; it cannot be cleared.' }),
    ...authorFields(t),
  }),
})

const DeleteAuthorInput = deleteInput('DeleteAuthor', 'author')

const authorField = <Value extends { id: string }>(t: FieldsOf<Written<Value>>) =>
  t.field({
    type: Author,
    description: 'The author as they are now.',
    resolve: ({ value }, _args, context, info) =>
      context.db.author.findUniqueOrThrow({
        select: selectOf(context, info, 'Author', { id: true }),
        where: { id: value.id },
      }),
  })

const authorPayload = (name: string, verb: string) =>
  builder.objectRef<Written>(`${name}Payload`).implement({
    description: `The author who was ${verb}.`,
    fields: (t) => ({ author: authorField(t), event: eventField(t) }),
  })

const changedAuthorPayload = (name: string, verb: string) =>
  builder.objectRef<WrittenWithJob>(`${name}Payload`).implement({
    description: `The author who was ${verb}.`,
    fields: (t) => ({ author: authorField(t), ...eventAndJob(t) }),
  })

const CreateAuthorResult = resultType('CreateAuthor', authorPayload('CreateAuthor', 'created'), [
  ValidationError,
  TakenError,
])
const UpdateAuthorResult = resultType('UpdateAuthor', changedAuthorPayload('UpdateAuthor', 'changed'), [
  ValidationError,
  NotFoundError,
  TakenError,
])
const DeleteAuthorResult = resultType('DeleteAuthor', deletedPayload('DeleteAuthor', 'author'), [
  NotFoundError,
  InvalidStateError,
])

const authScopes = { scope: 'CONTENT_WRITE' } as const

builder.mutationFields((t) => ({
  createAuthor: t.field({
    type: CreateAuthorResult,
    description: 'Creates an author; two may have one name. Needs content:write.',
    authScopes,
    args: { input: t.arg({ type: CreateAuthorInput, required: true, description: 'Who they are.' }) },
    resolve: (_root, { input }, { write, viewer }) => orProblem(write(viewer, (w) => createAuthor(w, input))),
  }),
  updateAuthor: t.field({
    type: UpdateAuthorResult,
    description: 'Changes an author at once; an old path leads to the new one. Needs content:write.',
    authScopes,
    args: {
      input: t.arg({ type: UpdateAuthorInput, required: true, description: 'Who, and what changes.' }),
    },
    resolve: (_root, { input }, { write, viewer }) => orProblem(write(viewer, (w) => updateAuthor(w, input))),
  }),
  deleteAuthor: t.field({
    type: DeleteAuthorResult,
    description: 'Deletes an author for good; their path answers Gone. Needs content:write.',
    authScopes,
    args: { input: t.arg({ type: DeleteAuthorInput, required: true, description: 'Which author.' }) },
    resolve: (_root, { input }, { write, viewer }) => orProblem(write(viewer, (w) => deleteAuthor(w, input))),
  }),
}))
