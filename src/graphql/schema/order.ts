import { builder } from './builder.ts'

export const OrderDirection = builder.enumType('OrderDirection', {
  description: 'Which end of a list comes first.',
  values: {
    ASC: { description: 'From A to Z, the oldest first.' },
    DESC: { description: 'From Z to A, the newest first.' },
  } as const,
})
