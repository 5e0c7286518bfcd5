import type { Event as EventRow } from '../../../db/generated/client.ts'
import { Event } from '../../../events/graphql/event.ts'
import { builder, type SchemaTypes } from '../../../graphql/schema/builder.ts'
import { jobField } from '../../../jobs/graphql/job.ts'
import type { WithJob } from '../../../jobs/job.ts'
import { hasScope, type Viewer } from '../../../keys/viewer.ts'
import type { MergedDetail } from '../events.ts'

/** What a write of an author or a term hands to its payload. */
export type Written<Value = { id: string }> = { value: Value; events: EventRow[] }
/** What one hands over that may leave a job behind it. */
export type WrittenWithJob = Written<WithJob<{ id: string }>>

/** What makes the fields of a type of that shape. */
export type FieldsOf<Shape> = PothosSchemaTypes.ObjectFieldBuilder<SchemaTypes, Shape>

/** The field `event` of a payload. */
export const eventField = <Value>(t: FieldsOf<Written<Value>>) =>
  t.field({
    type: Event,
    nullable: true,
    description: 'What subscribers are told; null when nothing changed, which is no error.',
    resolve: ({ events }) => events[0] ?? null,
  })

/** The fields of a payload that may leave a job behind it. */
export const eventAndJob = <Value extends { id: string; jobId: string | null }>(
  t: FieldsOf<Written<Value>>,
) => ({
  event: t.field({
    type: Event,
    nullable: true,
    description:
      'What subscribers are told; null when nothing changed, which is no error, and while `job` goes on that deletes or merges: they are told at its end.',
    resolve: ({ events }) => events[0] ?? null,
  }),
  job: jobField(t),
})

/** The payload of a mutation that deletes. */
export const deletedPayload = (name: string, what: string) =>
  builder.objectRef<WrittenWithJob>(`${name}Payload`).implement({
    description: `The ${what} that was deleted, or will be when \`job\` has ended.`,
    fields: (t) => ({
      deletedId: t.id({ description: 'The global id that it had.', resolve: ({ value }) => value.id }),
      ...eventAndJob(t),
    }),
  })

/** The input of a mutation that deletes. */
export const deleteInput = (name: string, what: string) =>
  builder.inputType(`${name}Input`, {
    description: `Which ${what} to delete.`,
    fields: (t) => ({
      id: t.id({ required: true, description: `The ${what}.` }),
      detachPosts: t.boolean({
        required: true,
        defaultValue: false,
        description: `Whether to take the ${what} off its posts, of which there must be none otherwise.`,
      }),
    }),
  })

/** The ids of those that went into another one and that the viewer may know of: only an event of a merge has them. */
export const mergedIdsOf = ({ detail }: EventRow, viewer: Viewer): string[] => {
  const { mergedIds = [], hiddenIds = [] } = (detail ?? {}) as Partial<MergedDetail>
  return hasScope(viewer, 'CONTENT_READ') ? [...mergedIds, ...hiddenIds] : mergedIds
}
