import { type FieldNode, GraphQLError, Kind, type ValueNode, valueFromASTUntyped } from 'graphql'
import { formatOffsetDateTime, parseOffsetDateTime } from '../../lib/offset-date-time.ts'
import { builder } from './builder.ts'

const invalid = (message: string, nodes?: ValueNode | FieldNode): GraphQLError =>
  new GraphQLError(message, { nodes, extensions: { code: 'BAD_USER_INPUT' } })

builder.scalarType('DateTime', {
  description:
    'RFC 3339 with an offset, such as `2009-07-23T09:20:48+02:00`, answered with the offset it was written with. A time without a zone and an impossible date are errors.',
  specifiedByURL: 'https://datatracker.ietf.org/doc/html/rfc3339',
  serialize: (value) =>
    formatOffsetDateTime(value instanceof Date ? { instant: value, offsetMinutes: 0 } : value),
  parseValue: (value) => {
    const read = typeof value === 'string' ? parseOffsetDateTime(value) : null
    if (read) return read
    throw invalid(
      `DateTime must be RFC 3339 with an offset, such as "2009-07-23T09:20:48+02:00", not ${JSON.stringify(value)}.`,
    )
  },
})

builder.scalarType('HTML', {
  description: 'Sanitised HTML: safe to put into a page as it is. docs/html.md lists what it may contain.',
  serialize: (value) => value,
  parseValue: () => {
    throw invalid('HTML is never an input; send the source of a post instead.')
  },
})

builder.scalarType('URL', {
  description: 'An absolute URL, http or https.',
  specifiedByURL: 'https://url.spec.whatwg.org/',
  serialize: (value) => value,
  parseValue: (value) => {
    if (typeof value === 'string' && /^https?:\/\//i.test(value) && URL.canParse(value)) return value
    throw invalid(`URL must be an absolute http or https URL, not ${JSON.stringify(value)}.`)
  },
})

builder.scalarType('JSON', {
  description: 'Any JSON value.',
  specifiedByURL: 'https://datatracker.ietf.org/doc/html/rfc8259',
  serialize: (value) => value,
  parseValue: (value) => value,
  parseLiteral: (node, variables) => {
    if (node.kind === Kind.VARIABLE) return variables?.[node.name.value]
    return valueFromASTUntyped(node, variables)
  },
})
