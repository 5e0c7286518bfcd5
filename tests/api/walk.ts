import {
  type GraphQLAbstractType,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLObjectType,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isEnumType,
  isLeafType,
  isObjectType,
  print,
  valueToLiteral,
} from 'graphql'
import { schema } from '../../src/graphql/schema.ts'
import type { Client, Reply } from '../support/client.ts'

/**
 * What arguments are filled in with, by `name: Type`: each value is tried. An empty list leaves an optional argument
 * out. An argument that is missing here fails the walk: nothing new goes unwalked.
 */
export type Arguments = Record<string, unknown[]>

type Variables = Record<string, unknown>
export type Step = { query: string; variables: Variables; reply: Reply<unknown> }

/** Asks for every field that can be reached from Query, by every argument, and returns all that was answered. */
export const walk = async (client: Client, values: Arguments): Promise<Step[]> => {
  const steps: Step[] = []
  const ask = async (query: string, variables: Variables) => {
    const reply = await client.send(query, variables)
    steps.push({ query, variables, reply })
    return reply
  }
  for (const { first, byType, calls } of questions(values)) {
    for (const variables of calls) {
      const answered = JSON.stringify((await ask(first, variables)).data)
      for (const [type, query] of byType) {
        // A selection on a type that is not among the answers would have none.
        if (answered.includes(`"__typename":"${type}"`)) await ask(query, variables)
      }
    }
  }
  return steps
}

/** The fields that the queries of a walk visit, such as `Post.title`. */
export const visitedBy = (values: Arguments): Set<string> => {
  const visited = new Set<string>()
  questions(values, visited)
  return visited
}

/**
 * A root field: what is asked first, what more is asked where an object of a type was answered, and the variables of each
 * call. Variables, so that the server reads a query once however many ids it is asked with.
 */
type Question = { first: string; byType: Map<string, string>; calls: Variables[] }

const questions = (values: Arguments, visited = new Set<string>()): Question[] =>
  Object.values(schema.getQueryType()?.getFields() ?? {}).map((field) => {
    visited.add(`Query.${field.name}`)
    const calls = callsOf(`Query.${field.name}`, field, values)
    const given = field.args.filter(({ name }) => name in (calls[0] ?? {}))
    const declared = inBrackets(given.map(({ name, type }) => `$${name}: ${type}`))
    const passed = inBrackets(given.map(({ name }) => `${name}: $${name}`))
    const asking = (selection: string) => `query ${declared} { ${field.name}${passed}${selection} }`
    const { first, byType } = selectionsOf(getNamedType(field.type), values, visited)
    return {
      first: asking(first),
      byType: new Map([...byType].map(([type, selection]) => [type, asking(selection)])),
      calls,
    }
  })

const inBrackets = (parts: string[]) => (parts.length > 0 ? `(${parts.join(', ')})` : '')

type Selections = { first: string; byType: Map<string, string> }

/** What may be of many types gets a query for each type, since all at once would be too much to ask. */
const selectionsOf = (type: GraphQLNamedType, values: Arguments, visited: Set<string>): Selections => {
  // What may be of any type stands where an edge has its node.
  if (isAbstractType(type))
    return { first: ' { __typename }', byType: onEachType(type, ['any', 'any'], values, visited) }
  if (isPageOfMany(type)) return selectionsOfPage(type, values, visited)
  // Posts below each of many archives: what is below those is the business of the list of posts.
  const above = type.name === 'Archive' ? ['any'] : []
  return { first: selectionOf(type, values, above, visited), byType: new Map() }
}

const isPageOfMany = (type: GraphQLNamedType): type is GraphQLObjectType =>
  isObjectType(type) && isAbstractType(getNamedType(type.getFields().nodes?.type))

const selectionsOfPage = (page: GraphQLObjectType, values: Arguments, visited: Set<string>): Selections => {
  const { nodes, ...others } = page.getFields()
  const selected = Object.values(others).flatMap((field) =>
    fieldsOf(page.name, field, values, [page.name], visited),
  )
  visited.add(`${page.name}.nodes`)
  const types = onEachType(getNamedType(nodes?.type) as GraphQLAbstractType, [page.name], values, visited)
  return {
    first: ` { ${selected.join(' ')} nodes { __typename } }`,
    byType: new Map([...types].map(([type, selection]) => [type, ` { nodes${selection} }`])),
  }
}

const onEachType = (
  type: GraphQLAbstractType,
  above: string[],
  values: Arguments,
  visited: Set<string>,
): Map<string, string> =>
  new Map(
    schema
      .getPossibleTypes(type)
      .map((one) => [one.name, ` { ... on ${one.name}${selectionOf(one, values, above, visited)} }`]),
  )

// A connection, its edge, a node and what hangs under it: deeper is another root field's business, and no query
// outgrows the limits of the API.
const maxChain = 4

const selectionOf = (
  type: GraphQLNamedType,
  values: Arguments,
  above: string[],
  visited: Set<string>,
): string => {
  if (!isCompositeType(type)) return ''
  const parts = ['__typename']
  if (isAbstractType(type)) {
    for (const one of schema.getPossibleTypes(type))
      parts.push(`... on ${one.name}${selectionOf(one, values, above, visited)}`)
  }
  const fields = isObjectType(type) ? Object.values(type.getFields()) : []
  // At the end of a chain, and within itself, a type is shown by its own values alone.
  const isEnd = above.includes(type.name) || above.length >= maxChain
  for (const field of fields.filter((field) => !isEnd || isLeafType(getNamedType(field.type))))
    parts.push(...fieldsOf(type.name, field, values, [...above, type.name], visited))
  return ` { ${parts.join(' ')} }`
}

const fieldsOf = (
  parent: string,
  field: GraphQLField<unknown, unknown>,
  values: Arguments,
  above: string[],
  visited: Set<string>,
): string[] => {
  visited.add(`${parent}.${field.name}`)
  const inside = selectionOf(getNamedType(field.type), values, above, visited)
  const variants = callsOf(`${parent}.${field.name}`, field, values).map((call) => literally(field, call))
  if (inside !== '') return [`${field.name}${variants[0]}${inside}`]
  return variants.map((args, index) => `${index > 0 ? `${field.name}_${index}: ` : ''}${field.name}${args}`)
}

const literally = (field: GraphQLField<unknown, unknown>, call: Variables): string => {
  const given = field.args.filter(({ name }) => name in call)
  const literalOf = ({ name, type }: GraphQLArgument) => {
    const literal = valueToLiteral(call[name], type)
    if (!literal) throw new Error(`The walk has a value for ${field.name}(${name}: ${type}) that is none.`)
    return print(literal)
  }
  return inBrackets(given.map((argument) => `${argument.name}: ${literalOf(argument)}`))
}

/** Every way to fill in a field's arguments, one argument varied at a time. */
const callsOf = (
  coordinate: string,
  field: GraphQLField<unknown, unknown>,
  values: Arguments,
): Variables[] => {
  const choices = field.args.map((argument) => ({
    name: argument.name,
    tried: valuesOf(coordinate, argument, values),
  }))
  const given = choices.filter(({ tried }) => tried.length > 0)
  const most = Math.max(1, ...given.map(({ tried }) => tried.length))
  return Array.from({ length: most }, (_, index) =>
    Object.fromEntries(given.map(({ name, tried }) => [name, tried[index % tried.length]])),
  )
}

const valuesOf = (coordinate: string, argument: GraphQLArgument, values: Arguments): unknown[] => {
  const type = getNamedType(argument.type)
  const key = `${argument.name}: ${argument.type}`
  const known = values[key]
  if (known) return known
  if (isEnumType(type)) return type.getValues().map((value) => value.name)
  throw new Error(`The walk has no value for ${coordinate}(${key}). Add one where the walk is started.`)
}
