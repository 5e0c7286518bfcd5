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
import { mergeInput } from '../../shared/graphql/term.ts'
import { mergeTags } from '../merge.ts'
import { createTag, deleteTag, updateTag } from '../tag.ts'
import { Tag } from './tag.ts'

type InputFields = Parameters<Parameters<typeof builder.inputType>[1]['fields']>[0]

const tagFields = (t: InputFields) => ({
  slug: t.string({
    description: 'The name in a URL. Absent or null: made from the name, with a number when it is taken.',
  }),
  description: t.string({ description: 'What it is about, as plain text of at most 5,000 characters.' }),
})

const CreateTagInput = builder.inputType('CreateTagInput', {
  description: 'A new tag: a name at least.',
  fields: (t) => ({
    name: t.string({
      required: true,
      description: 'The canonical spelling: plain text of at most 200 characters.',
    }),
    ...tagFields(t),
  }),
})

const UpdateTagInput = builder.inputType('UpdateTagInput', {
  description: 'Changes to a tag. Absent fields are left alone, null clears; a slug of null is made anew.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'Which tag to change.' }),
    name: t.string({
      description: 'The canonical spelling: plain text of at most 200 characters. It cannot be cleared.',
    }),
    ...tagFields(t),
  }),
})

const DeleteTagInput = deleteInput('DeleteTag', 'tag')
const MergeTagsInput = mergeInput('MergeTags', 'tags')

const tagField = <Value extends { id: string }>(t: FieldsOf<Written<Value>>) =>
  t.field({
    type: Tag,
    description: 'The tag as it is now.',
    resolve: ({ value }, _args, context, info) =>
      context.db.tag.findUniqueOrThrow({
        select: selectOf(context, info, 'Tag', { id: true }),
        where: { id: value.id },
      }),
  })

const tagPayload = (name: string, verb: string) =>
  builder.objectRef<Written>(`${name}Payload`).implement({
    description: `The tag that was ${verb}.`,
    fields: (t) => ({ tag: tagField(t), event: eventField(t) }),
  })

const changedTagPayload = (name: string, verb: string) =>
  builder.objectRef<WrittenWithJob>(`${name}Payload`).implement({
    description: `The tag that was ${verb}.`,
    fields: (t) => ({ tag: tagField(t), ...eventAndJob(t) }),
  })

const CreateTagResult = resultType('CreateTag', tagPayload('CreateTag', 'created'), [
  ValidationError,
  TakenError,
])
const UpdateTagResult = resultType('UpdateTag', changedTagPayload('UpdateTag', 'changed'), [
  ValidationError,
  NotFoundError,
  TakenError,
])
const DeleteTagResult = resultType('DeleteTag', deletedPayload('DeleteTag', 'tag'), [
  NotFoundError,
  InvalidStateError,
])
const MergeTagsResult = resultType('MergeTags', changedTagPayload('MergeTags', 'merged into'), [
  ValidationError,
  NotFoundError,
])

const authScopes = { scope: 'CONTENT_WRITE' } as const

builder.mutationFields((t) => ({
  createTag: t.field({
    type: CreateTagResult,
    description: 'Creates a tag, unless there is one of that name in any case. Needs content:write.',
    authScopes,
    args: { input: t.arg({ type: CreateTagInput, required: true, description: 'What to create.' }) },
    resolve: (_root, { input }, { write, viewer }) => orProblem(write(viewer, (w) => createTag(w, input))),
  }),
  updateTag: t.field({
    type: UpdateTagResult,
    description:
      'Changes a tag at once, its spelling included; an old path leads to the new one. Needs content:write.',
    authScopes,
    args: {
      input: t.arg({ type: UpdateTagInput, required: true, description: 'Which one, and what changes.' }),
    },
    resolve: (_root, { input }, { write, viewer }) => orProblem(write(viewer, (w) => updateTag(w, input))),
  }),
  deleteTag: t.field({
    type: DeleteTagResult,
    description: 'Deletes a tag for good; its path answers Gone. Needs content:write.',
    authScopes,
    args: { input: t.arg({ type: DeleteTagInput, required: true, description: 'Which tag.' }) },
    resolve: (_root, { input }, { write, viewer }) => orProblem(write(viewer, (w) => deleteTag(w, input))),
  }),
  mergeTags: t.field({
    type: MergeTagsResult,
    description:
      'Files the posts of some tags under another one and deletes those; their paths lead to it. Needs content:write.',
    authScopes,
    args: {
      input: t.arg({ type: MergeTagsInput, required: true, description: 'Which tags, and into which one.' }),
    },
    resolve: (_root, { input }, { write, viewer }) => orProblem(write(viewer, (w) => mergeTags(w, input))),
  }),
}))
