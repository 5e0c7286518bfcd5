import type { InputFieldRef } from '@pothos/core'
import { builder, type SchemaTypes } from '../../../graphql/schema/builder.ts'
import { orProblem, resultType } from '../../../graphql/schema/result.ts'
import { selectOf } from '../../../graphql/schema/select.ts'
import { InvalidStateError, NotFoundError, TakenError, ValidationError } from '../../../lib/errors.ts'
import { type Kind, kinds } from '../../kinds.ts'
import type { TermInput } from '../input.ts'
import { type MergeableKind, mergeTerms } from '../merge.ts'
import { tableOf } from '../rows.ts'
import { createTerm, deleteTerm, updateTerm } from '../term.ts'
import {
  deletedPayload,
  deleteInput,
  eventAndJob,
  eventField,
  type FieldsOf,
  type Written,
  type WrittenWithJob,
} from './change.ts'
import { type AnyTerm, keysOf } from './term-object.ts'

type InputFields = Parameters<Parameters<typeof builder.inputType>[1]['fields']>[0]

/** What a mutation and its input say of themselves. */
type Mutation = { does: string; input: string }

type Words<K extends Kind = Kind> = {
  /** Such as "an author". */
  a: string
  /** How the payload speaks of it: "who was created", "as they are now". */
  who: 'who' | 'that'
  as: 'they are' | 'it is'
  name: { ofNew: string; ofChanged: string }
  /** The fields of the input for what is written of it beside its name and its slug. */
  fields: (
    t: InputFields,
  ) => Record<
    Exclude<keyof TermInput<K>, 'name' | 'slug'>,
    InputFieldRef<SchemaTypes, string | null | undefined>
  >
  create: Mutation
  update: Mutation
  delete: Mutation
  merge: K extends MergeableKind ? Mutation : undefined
}

const authScopes = { scope: 'CONTENT_WRITE' } as const

/** The mutations of a kind of term: create, update, delete, and merge where it can be merged. */
export const termMutations = <K extends Kind>(kind: K, Term: unknown, words: Words<K>): void =>
  define(kind, Term, words as unknown as Words)

const define = (kind: Kind, Term: unknown, words: Words): void => {
  const { type } = kinds[kind]
  const [create, update, remove] = [`create${type}`, `update${type}`, `delete${type}`] as const
  const Create = capital(create)
  const Update = capital(update)
  const Delete = capital(remove)

  const writtenFields = (t: InputFields) => ({
    slug: t.string({
      description: 'The name in a URL. Absent or null: made from the name, with a number when it is taken.',
    }),
    ...(words.fields(t) as Record<string, InputFieldRef<SchemaTypes, string | null | undefined>>),
  })
  const CreateInput = builder.inputType(`${Create}Input`, {
    description: `A new ${kind}: a name at least.`,
    fields: (t) => ({
      name: t.string({ required: true, description: words.name.ofNew }),
      ...writtenFields(t),
    }),
  })
  const UpdateInput = builder.inputType(`${Update}Input`, {
    description: `Changes to ${words.a}. Absent fields are left alone, null clears; a slug of null is made anew.`,
    fields: (t) => ({
      id: t.id({ required: true, description: `Which ${kind} to change.` }),
      name: t.string({ description: words.name.ofChanged }),
      ...writtenFields(t),
    }),
  })
  const DeleteInput = deleteInput(Delete, kind)

  const payload = payloadsOf(kind, Term, words)
  const CreateResult = resultType(Create, payload.plain(Create, 'created'), [ValidationError, TakenError])
  const UpdateResult = resultType(Update, payload.withJob(Update, 'changed'), [
    ValidationError,
    NotFoundError,
    TakenError,
  ])
  const DeleteResult = resultType(Delete, deletedPayload(Delete, kind), [NotFoundError, InvalidStateError])

  builder.mutationFields((t) => ({
    [create]: t.field({
      type: CreateResult,
      description: words.create.does,
      authScopes,
      args: { input: t.arg({ type: CreateInput, required: true, description: words.create.input }) },
      resolve: (_root, { input }, { write, viewer }) =>
        orProblem(write(viewer, (w) => createTerm(w, kind, input as never))),
    }),
    [update]: t.field({
      type: UpdateResult,
      description: words.update.does,
      authScopes,
      args: { input: t.arg({ type: UpdateInput, required: true, description: words.update.input }) },
      resolve: (_root, { input }, { write, viewer }) =>
        orProblem(write(viewer, (w) => updateTerm(w, kind, input as never))),
    }),
    [remove]: t.field({
      type: DeleteResult,
      description: words.delete.does,
      authScopes,
      args: { input: t.arg({ type: DeleteInput, required: true, description: words.delete.input }) },
      resolve: (_root, { input }, { write, viewer }) =>
        orProblem(write(viewer, (w) => deleteTerm(w, kind, input))),
    }),
  }))
  if (words.merge) defineMerge(kind, payload, words.merge)
}

const defineMerge = (kind: Kind, payload: ReturnType<typeof payloadsOf>, { does, input }: Mutation): void => {
  const { plural } = kinds[kind]
  const merge = `merge${capital(plural)}`
  const Merge = capital(merge)
  const MergeInput = mergeInput(Merge, plural)
  const MergeResult = resultType(Merge, payload.withJob(Merge, 'merged into'), [
    ValidationError,
    NotFoundError,
  ])
  builder.mutationField(merge, (t) =>
    t.field({
      type: MergeResult,
      description: does,
      authScopes,
      args: { input: t.arg({ type: MergeInput, required: true, description: input }) },
      resolve: (_root, { input }, { write, viewer }) =>
        orProblem(write(viewer, (w) => mergeTerms(w, kind as MergeableKind, input))),
    }),
  )
}

const payloadsOf = (kind: Kind, Term: unknown, { who, as }: { who: string; as: string }) => {
  const { type } = kinds[kind]
  const description = (verb: string) => `The ${kind} ${who} was ${verb}.`
  const termField = <Value extends { id: string }>(t: FieldsOf<Written<Value>>) =>
    t.field({
      type: Term as AnyTerm,
      description: `The ${kind} as ${as} now.`,
      resolve: ({ value }, _args, context, info) =>
        tableOf(context.db, kind as 'tag').findUniqueOrThrow({
          select: selectOf(context, info, type, keysOf(kind)),
          where: { id: value.id },
        }),
    })
  return {
    plain: (name: string, verb: string) =>
      builder.objectRef<Written>(`${name}Payload`).implement({
        description: description(verb),
        fields: (t) => ({ [kind]: termField(t), event: eventField(t) }),
      }),
    withJob: (name: string, verb: string) =>
      builder.objectRef<WrittenWithJob>(`${name}Payload`).implement({
        description: description(verb),
        fields: (t) => ({ [kind]: termField(t), ...eventAndJob(t) }),
      }),
  }
}

/** The input of a merge of the terms of one kind. */
const mergeInput = (name: string, plural: string) =>
  builder.inputType(`${name}Input`, {
    description: `Which ${plural} go into which one.`,
    fields: (t) => ({
      sourceIds: t.idList({
        required: true,
        description: `The ${plural} that go, 1 to 100 of them; their posts do not.`,
      }),
      targetId: t.id({ required: true, description: `The one that stays, as it is.` }),
    }),
  })

const capital = (name: string): string => name[0]?.toUpperCase() + name.slice(1)
