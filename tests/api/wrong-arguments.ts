import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputType,
  getNamedType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql'
import { schema } from '../../src/graphql/schema.ts'
import { sampleOf } from './sample-arguments.ts'

type Field = GraphQLField<unknown, unknown>

/** An argument of the read side, such as `first` of `Category.posts`. */
export type ReadArgument = { type: string; field: Field; argument: GraphQLArgument }

/** Every argument of every field that a query can reach: what is new in the schema is here at once. */
export const readArguments = (): ReadArgument[] =>
  Object.values(schema.getTypeMap())
    .filter((type) => isObjectType(type) && !/^(__|Mutation$|Subscription$)/.test(type.name))
    .flatMap((type) =>
      (isObjectType(type) ? Object.values(type.getFields()) : []).flatMap((field) =>
        field.args.map((argument) => ({ type: type.name, field, argument })),
      ),
    )

/**
 * As many values of an argument as one request tries: each is a field at the root, of which twenty are allowed, and may be
 * the posts of every archive, of which a request takes fewer.
 */
export const valuesAtOnce = 15

/**
 * A query that asks for the field once for each value of the argument, with what else it requires. The first value is the
 * variable `$<argument>_0`, and its answer `_0`. What has an id is reached by `node`, with the variable `nodeId`.
 */
export const queryFor = ({ type, field, argument }: ReadArgument, values: unknown[]) => {
  const others = field.args.filter(
    (other) => other !== argument && isNonNullType(other.type) && !other.default,
  )
  const tried = values.map((value, at) => ({ at, value, name: variableOf(argument, at) }))
  const way = wayTo[type] ?? ['node(id: $nodeId)', `... on ${type}`]
  const asked = tried.map(({ at, name }) => {
    const given = [`${argument.name}: $${name}`, ...others.map((other) => `${other.name}: $${other.name}`)]
    const selection = isCompositeType(getNamedType(field.type)) ? ' { __typename }' : ''
    const asked = `${field.name}(${given.join(', ')})${selection}`
    return `_${at}: ${[...way, asked].join(' { ')}${' }'.repeat(way.length)}`
  })
  const declared = [
    ...(isNode(type) ? ['$nodeId: ID!'] : []),
    ...tried.map(({ name }) => `$${name}: ${argument.type}`),
    ...others.map((other) => `$${other.name}: ${other.type}`),
  ]
  const variables = {
    ...Object.fromEntries(others.map((other) => [other.name, sampleOf(other.type)])),
    ...Object.fromEntries(tried.map(({ name, value }) => [name, value])),
  }
  return { query: `query (${declared.join(', ')}) { ${asked.join(' ')} }`, variables }
}

export const variableOf = (argument: GraphQLArgument, at: number): string => `${argument.name}_${at}`

/** What is no node, and what leads to it. */
const wayTo: Record<string, string[]> = { Query: [], Archive: ['archives'] }

export const isNode = (type: string): boolean => !Object.hasOwn(wayTo, type)

const scalars: Record<string, unknown[]> = {
  Int: ['ten', 1.5, 2 ** 31, true, [1, 2]],
  Boolean: ['yes', 1],
  String: [5, true, {}],
  ID: [1.5, true, {}],
  DateTime: ['yesterday', '2023-02-29T00:00:00Z', '2023-01-01', 5],
  URL: ['/relative', 'javascript:alert(1)', 5],
  // Anything is JSON.
  JSON: [],
}

/** Values that are not of the type, in every place of it. */
export const valuesOfOtherTypes = (type: GraphQLInputType, within: string[] = []): unknown[] => {
  if (isNonNullType(type)) return [null, ...valuesOfOtherTypes(type.ofType, within)]
  if (isListType(type)) {
    const items = valuesOfOtherTypes(type.ofType, within)
    return items.filter((item) => !Array.isArray(item)).map((item) => [item])
  }
  if (isEnumType(type)) return ['NOTHING_OF_THE_KIND', 5, type.getValues()[0]?.name.toLowerCase()]
  if (isInputObjectType(type)) {
    if (within.includes(type.name)) return []
    const tooMuch = { ...(sampleOf(type) as object), nothingOfTheKind: 1 }
    return [5, tooMuch, ...inEveryField(type, (field) => valuesOfOtherTypes(field, [...within, type.name]))]
  }
  const values = scalars[type.name]
  if (!values) throw new Error(`What is no ${type.name}? Say so in tests/api/wrong-arguments.ts.`)
  return values
}

// What a string can hold and a database, a regular expression or an index cannot, or not well.
const oddTexts = ['\0', 'a\0b', '\ud800', '', ' ', '%', "'; --", '\\', 'x'.repeat(20_000), '../..', '\u202e']

/** Values of the type with an odd text in every place that takes one: a list for each of the texts. */
export const oddValues = (type: GraphQLInputType): unknown[][] =>
  oddTexts.map((text) => valuesWith(text, type, []))

const valuesWith = (text: string, type: GraphQLInputType, within: string[]): unknown[] => {
  if (isNonNullType(type)) return valuesWith(text, type.ofType, within)
  if (isListType(type)) return valuesWith(text, type.ofType, within).map((item) => [item])
  if (isInputObjectType(type)) {
    if (within.includes(type.name)) return []
    return inEveryField(type, (field) => valuesWith(text, field, [...within, type.name]))
  }
  return type.name === 'String' || type.name === 'ID' ? [text] : []
}

const inEveryField = (
  type: GraphQLInputType,
  valuesOf: (field: GraphQLInputType) => unknown[],
): Record<string, unknown>[] => {
  if (!isInputObjectType(type)) return []
  const base = type.isOneOf ? {} : (sampleOf(type) as object)
  return Object.values(type.getFields()).flatMap((field) =>
    valuesOf(field.type).map((value) => ({ ...base, [field.name]: value })),
  )
}
