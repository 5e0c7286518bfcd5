import { hasScope, type Viewer } from '../auth/viewer.ts'
import type { Event as EventRow } from '../db/generated/client.ts'
import { Event } from '../events/event.graphql.ts'
import { builder, type SchemaTypes } from '../graphql/builder.ts'
import type { MergedDetail } from './fact.ts'

/** What a write of an author or a term hands to its payload. */
export type Written<Value = { id: string }> = { value: Value; events: EventRow[] }

type FieldsOf<Shape> = PothosSchemaTypes.ObjectFieldBuilder<SchemaTypes, Shape>

/** The field `event` of a payload. */
export const eventField = <Value>(t: FieldsOf<Written<Value>>) =>
  t.field({
    type: Event,
    nullable: true,
    description: 'What subscribers are told; null when nothing changed, which is no error.',
    resolve: ({ events }) => events[0] ?? null,
  })

/** The payload of a mutation that deletes. */
export const deletedPayload = (name: string, what: string) =>
  builder.objectRef<Written<string>>(`${name}Payload`).implement({
    description: `The ${what} that was deleted.`,
    fields: (t) => ({
      deletedId: t.id({ description: 'The global id that it had.', resolve: ({ value }) => value }),
      event: eventField(t),
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
