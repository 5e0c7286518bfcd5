import {
  buildClientSchema,
  type GraphQLAbstractType,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getIntrospectionQuery,
  getNamedType,
  type IntrospectionQuery,
  isAbstractType,
  isCompositeType,
  isEnumType,
  isLeafType,
  isObjectType,
} from 'graphql'
import type { Client, Reply } from '../support/client.ts'

/**
 * What arguments are filled in with, by `name: Type`: GraphQL literals, each of them tried. An empty list leaves an
 * optional argument out. An argument that is missing here fails the walk: nothing new goes unwalked.
 */
export type Arguments = Record<string, string[]>

export type Step = { query: string; reply: Reply<unknown> }

/** Asks for every field that can be reached from Query, by every argument, and returns all that was answered. */
export const walk = async (client: Client, values: Arguments): Promise<Step[]> => {
  const { data } = await client.send<IntrospectionQuery>(getIntrospectionQuery())
  if (!data) throw new Error('Introspection works.')
  const schema = buildClientSchema(data)
  const steps: Step[] = []
  const probed = new Map<string, string>()
  for (const { query, probe, type } of queriesOf(schema, values)) {
    if (probe && !probed.has(probe)) {
      const reply = await client.send(probe)
      steps.push({ query: probe, reply })
      probed.set(probe, JSON.stringify(reply.data))
    }
    // A selection on a type that is not among the answers would have none.
    if (probe && !probed.get(probe)?.includes(`"__typename":"${type}"`)) continue
    steps.push({ query, reply: await client.send(query) })
  }
  return steps
}

/** The fields that the queries of a walk visit, such as `Post.title`. */
export const visitedBy = (schema: GraphQLSchema, values: Arguments): Set<string> => {
  const visited = new Set<string>()
  for (const _query of queriesOf(schema, values, visited));
  return visited
}

/** A query for each root field, each of its arguments, and each type that it may answer with, and what finds out whether it does. */
function* queriesOf(
  schema: GraphQLSchema,
  values: Arguments,
  visited = new Set<string>(),
): Generator<{ query: string; probe?: string; type?: string }> {
  for (const field of Object.values(schema.getQueryType()?.getFields() ?? {})) {
    visited.add(`Query.${field.name}`)
    const type = getNamedType(field.type)
    // What may be of any type stands where an edge has its node.
    const selections = isAbstractType(type)
      ? schema.getPossibleTypes(type).map((one) => ({
          type: one.name,
          selection: onType(one, selectionOf(schema, one, values, ['any', 'any'], visited)),
        }))
      : isPageOfMany(type)
        ? partsOf(schema, type, values, visited)
        : [{ selection: selectionOf(schema, type, values, [], visited) }]
    for (const args of argumentsOf(`Query.${field.name}`, field, values)) {
      const probe = isAbstractType(type) ? `{ ${field.name}${args} { __typename } }` : undefined
      for (const { selection, ...rest } of selections)
        yield { query: `{ ${field.name}${args}${selection} }`, probe, ...rest }
    }
  }
}

const isPageOfMany = (type: GraphQLNamedType): type is GraphQLObjectType =>
  isObjectType(type) && isAbstractType(getNamedType(type.getFields().nodes?.type))

/** A page of what may be of many types: its nodes in a query for each type, since all at once would be too much to ask. */
const partsOf = (
  schema: GraphQLSchema,
  page: GraphQLObjectType,
  values: Arguments,
  visited: Set<string>,
): { selection: string; type?: string }[] => {
  const { nodes, ...others } = page.getFields()
  const selected = Object.values(others).flatMap((field) =>
    fieldsOf(schema, page.name, field, values, [page.name], visited),
  )
  const types = schema.getPossibleTypes(getNamedType(nodes?.type) as GraphQLAbstractType)
  visited.add(`${page.name}.nodes`)
  return [
    ` { ${selected.join(' ')} }`,
    ...types.map(
      (type) => ` { nodes${onType(type, selectionOf(schema, type, values, [page.name], visited))} }`,
    ),
  ].map((selection) => ({ selection }))
}

const onType = (type: GraphQLNamedType, selection: string) => ` { ... on ${type.name}${selection} }`

// A connection, its edge, a node and what hangs under it: deeper is another root field's business, and no query
// outgrows the limits of the API.
const maxChain = 4

const selectionOf = (
  schema: GraphQLSchema,
  type: GraphQLNamedType,
  values: Arguments,
  above: string[],
  visited: Set<string>,
): string => {
  if (!isCompositeType(type)) return ''
  const parts = ['__typename']
  if (isAbstractType(type)) {
    for (const one of schema.getPossibleTypes(type))
      parts.push(`... on ${one.name}${selectionOf(schema, one, values, above, visited)}`)
  }
  const fields = isObjectType(type) ? Object.values(type.getFields()) : []
  // At the end of a chain, and within itself, a type is shown by its own values alone.
  const isEnd = above.includes(type.name) || above.length >= maxChain
  for (const field of fields.filter((field) => !isEnd || isLeafType(getNamedType(field.type))))
    parts.push(...fieldsOf(schema, type.name, field, values, [...above, type.name], visited))
  return ` { ${parts.join(' ')} }`
}

const fieldsOf = (
  schema: GraphQLSchema,
  parent: string,
  field: GraphQLField<unknown, unknown>,
  values: Arguments,
  above: string[],
  visited: Set<string>,
): string[] => {
  visited.add(`${parent}.${field.name}`)
  const inside = selectionOf(schema, getNamedType(field.type), values, above, visited)
  const variants = argumentsOf(`${parent}.${field.name}`, field, values)
  if (inside !== '') return [`${field.name}${variants[0]}${inside}`]
  return variants.map((args, index) => `${index > 0 ? `${field.name}_${index}: ` : ''}${field.name}${args}`)
}

/** Every way to fill in a field's arguments, one argument varied at a time. */
const argumentsOf = (
  coordinate: string,
  field: GraphQLField<unknown, unknown>,
  values: Arguments,
): string[] => {
  const choices = field.args.map((argument) => ({
    name: argument.name,
    literals: literalsOf(coordinate, argument, values),
  }))
  const given = choices.filter(({ literals }) => literals.length > 0)
  const most = Math.max(1, ...given.map(({ literals }) => literals.length))
  return Array.from({ length: most }, (_, index) =>
    given.length === 0
      ? ''
      : `(${given.map(({ name, literals }) => `${name}: ${literals[index % literals.length]}`).join(', ')})`,
  )
}

const literalsOf = (coordinate: string, argument: GraphQLArgument, values: Arguments): string[] => {
  const type = getNamedType(argument.type)
  const key = `${argument.name}: ${argument.type}`
  const known = values[key]
  if (known) return known
  if (isEnumType(type)) return type.getValues().map((value) => value.name)
  throw new Error(`The walk has no value for ${coordinate}(${key}). Add one where the walk is started.`)
}
