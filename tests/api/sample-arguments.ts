import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLInputType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
} from 'graphql'

/** Well-formed, and of nothing that exists. */
const unknownId = 'post_01h455vb4pex5vsknk084sn02q'

const scalars: Record<string, unknown> = {
  ID: unknownId,
  String: 'sample',
  Int: 1,
  Boolean: false,
  // Where the tests may send to.
  URL: 'http://127.0.0.1:9/',
  DateTime: '2099-01-01T00:00:00Z',
  JSON: {},
}

/** The least that a field takes, as variables: so that a call meets its scope and not a wrong argument. */
export const sampleArguments = (field: GraphQLField<unknown, unknown>) => {
  const required = field.args.filter(isRequired)
  const variables = Object.fromEntries(required.map(({ name, type }) => [name, sampleOf(type)]))
  const declared = required.map(({ name, type }) => `$${name}: ${type}`)
  const given = required.map(({ name }) => `${name}: $${name}`)
  const inBrackets = (parts: string[]) => (parts.length > 0 ? `(${parts.join(', ')})` : '')
  return { variables, declared: inBrackets(declared), given: inBrackets(given) }
}

const isRequired = ({ type, default: fallback }: GraphQLArgument | GraphQLInputField): boolean =>
  isNonNullType(type) && fallback === undefined

/** A value of a type: the least that it takes, well-formed and of nothing that exists. */
export const sampleOf = (type: GraphQLInputType): unknown => {
  if (isNonNullType(type)) return sampleOf(type.ofType)
  if (isListType(type)) return [sampleOf(type.ofType)]
  if (isEnumType(type)) return type.getValues()[0]?.name
  if (!isInputObjectType(type)) return scalars[type.name]
  const fields = Object.values(type.getFields())
  const used = type.isOneOf ? fields.slice(0, 1) : fields.filter(isRequired)
  return Object.fromEntries(used.map((field) => [field.name, sampleOf(field.type)]))
}
