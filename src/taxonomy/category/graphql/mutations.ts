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
import { createCategory, deleteCategory, updateCategory } from '../category.ts'
import { mergeCategories } from '../merge.ts'
import { Category } from './category.ts'

type InputFields = Parameters<Parameters<typeof builder.inputType>[1]['fields']>[0]

const categoryFields = (t: InputFields) => ({
  slug: t.string({
    description: 'The name in a URL. Absent or null: made from the name, with a number when it is taken.',
  }),
  description: t.string({ description: 'What it is about, as plain text of at most 5,000 characters.' }),
  parentId: t.id({
    description: 'The category above it, by its global id. Null: none, it is a root.',
  }),
})

const CreateCategoryInput = builder.inputType('CreateCategoryInput', {
  description: 'A new category: a name at least.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'Plain text of at most 200 characters.' }),
    ...categoryFields(t),
  }),
})

const UpdateCategoryInput = builder.inputType('UpdateCategoryInput', {
  description:
    'Changes to a category. Absent fields are left alone, null clears; a slug of null is made anew.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'Which category to change.' }),
    name: t.string({ description: 'Plain text of at most 200 characters. It cannot be cleared.' }),
    ...categoryFields(t),
  }),
})

const DeleteCategoryInput = deleteInput('DeleteCategory', 'category')
const MergeCategoriesInput = mergeInput('MergeCategories', 'categories')

const categoryField = <Value extends { id: string }>(t: FieldsOf<Written<Value>>) =>
  t.field({
    type: Category,
    description: 'The category as it is now.',
    resolve: ({ value }, _args, context, info) =>
      context.db.category.findUniqueOrThrow({
        select: selectOf(context, info, 'Category', { id: true, parentId: true, slugPath: true }),
        where: { id: value.id },
      }),
  })

const categoryPayload = (name: string, verb: string) =>
  builder.objectRef<Written>(`${name}Payload`).implement({
    description: `The category that was ${verb}.`,
    fields: (t) => ({ category: categoryField(t), event: eventField(t) }),
  })

const changedCategoryPayload = (name: string, verb: string) =>
  builder.objectRef<WrittenWithJob>(`${name}Payload`).implement({
    description: `The category that was ${verb}.`,
    fields: (t) => ({ category: categoryField(t), ...eventAndJob(t) }),
  })

const CreateCategoryResult = resultType('CreateCategory', categoryPayload('CreateCategory', 'created'), [
  ValidationError,
  TakenError,
])
const UpdateCategoryResult = resultType(
  'UpdateCategory',
  changedCategoryPayload('UpdateCategory', 'changed'),
  [ValidationError, NotFoundError, TakenError],
)
const DeleteCategoryResult = resultType('DeleteCategory', deletedPayload('DeleteCategory', 'category'), [
  NotFoundError,
  InvalidStateError,
])
const MergeCategoriesResult = resultType(
  'MergeCategories',
  changedCategoryPayload('MergeCategories', 'merged into'),
  [ValidationError, NotFoundError],
)

const authScopes = { scope: 'CONTENT_WRITE' } as const

builder.mutationFields((t) => ({
  createCategory: t.field({
    type: CreateCategoryResult,
    description: 'Creates a category; two may have one name. Needs content:write.',
    authScopes,
    args: { input: t.arg({ type: CreateCategoryInput, required: true, description: 'What to create.' }) },
    resolve: (_root, { input }, { write, viewer }) =>
      orProblem(write(viewer, (w) => createCategory(w, input))),
  }),
  updateCategory: t.field({
    type: UpdateCategoryResult,
    description:
      'Changes or moves a category at once; what is below moves along, and old paths lead to the new ones. Needs content:write.',
    authScopes,
    args: {
      input: t.arg({
        type: UpdateCategoryInput,
        required: true,
        description: 'Which one, and what changes.',
      }),
    },
    resolve: (_root, { input }, { write, viewer }) =>
      orProblem(write(viewer, (w) => updateCategory(w, input))),
  }),
  deleteCategory: t.field({
    type: DeleteCategoryResult,
    description:
      'Deletes a category that has none below it for good; its path answers Gone. Needs content:write.',
    authScopes,
    args: { input: t.arg({ type: DeleteCategoryInput, required: true, description: 'Which category.' }) },
    resolve: (_root, { input }, { write, viewer }) =>
      orProblem(write(viewer, (w) => deleteCategory(w, input))),
  }),
  mergeCategories: t.field({
    type: MergeCategoriesResult,
    description:
      'Files the posts of some categories under another one, moves what is below them there and deletes them; their paths lead to it. Needs content:write.',
    authScopes,
    args: {
      input: t.arg({
        type: MergeCategoriesInput,
        required: true,
        description: 'Which categories, and into which one.',
      }),
    },
    resolve: (_root, { input }, { write, viewer }) =>
      orProblem(write(viewer, (w) => mergeCategories(w, input))),
  }),
}))
