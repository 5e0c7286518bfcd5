import type { InputFieldBuilder } from '@pothos/core'
import { builder, type SchemaTypes } from '../../../graphql/schema/builder.ts'
import { OrderDirection } from '../../../graphql/schema/order.ts'

type Fields = InputFieldBuilder<SchemaTypes, 'InputObject'>

/** The fields that the filters of terms have in common. */
export const termFilterFields = (t: Fields, what: string) => ({
  ids: t.idList({ description: `Only ${what} with one of these global ids, at most 100; empty: none.` }),
  slugs: t.stringList({ description: `Only ${what} with one of these slugs, at most 100; empty: none.` }),
  search: t.string({
    description: `Only ${what} whose name has this text in it, in any case; nothing in it has a special meaning.`,
  }),
  hasPosts: t.boolean({
    description: `Only ${what} with a post that the caller can see in lists (true), or without any (false); null: both.`,
  }),
})

/** The order of a list of terms. */
export const termOrderInput = (name: 'Author' | 'Term') => {
  const field = builder.enumType(`${name}OrderField`, {
    description:
      'What a list can be sorted by. Of two that are the same there the one with the lower id is less.',
    values: {
      NAME: { description: 'By name, in any case.' },
      CREATED_AT: { description: 'By when it came into this system.' },
      UPDATED_AT: { description: 'By when it was last changed.' },
    } as const,
  })
  return builder.inputType(`${name}Order`, {
    description: 'How a list is sorted. A cursor belongs to its order.',
    fields: (t) => ({
      field: t.field({ type: field, required: true, description: 'What it is sorted by.' }),
      direction: t.field({ type: OrderDirection, required: true, description: 'Which end comes first.' }),
    }),
  })
}
