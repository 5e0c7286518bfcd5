import { builder } from './builder.ts'

/** A span of time as an input; either end may be open. */
export const DateTimeRange = builder.inputType('DateTimeRange', {
  description: 'A span of time. An end that is left out is open; with neither end it holds everything.',
  fields: (t) => ({
    from: t.field({ type: 'DateTime', description: 'The first moment that belongs to it.' }),
    before: t.field({ type: 'DateTime', description: 'The first moment that no longer belongs to it.' }),
  }),
})
