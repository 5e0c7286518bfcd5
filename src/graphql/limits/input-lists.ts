import {
  type GraphQLArgument,
  type GraphQLFieldResolver,
  type GraphQLInputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isListType,
  isObjectType,
} from 'graphql'
import type { Context } from '../schema/context.ts'
import { requestError } from '../schema/errors.ts'

// Ten pages: a field says itself where it takes fewer, and no field has a use for more.
const maxEntries = 1_000
// No enum has as many values, and to name one twice says nothing.
const maxEnumEntries = 100

/**
 * Gives every list of every input a length, whichever domain it belongs to: a request of a megabyte has room for 300,000
 * entries. What is within JSON belongs to the caller and is no list of ours. Changes the schema and returns it.
 */
export const withListLimits = (schema: GraphQLSchema): GraphQLSchema => {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue
    for (const field of Object.values(type.getFields())) {
      const args = field.args.filter(({ type }) => hasLists(type))
      if (args.length === 0) continue
      field.resolve = checked(args, field.resolve)
      field.subscribe = checked(args, field.subscribe)
    }
  }
  return schema
}

type Resolver = GraphQLFieldResolver<unknown, Context>

const checked = (args: GraphQLArgument[], resolve: Resolver | undefined): Resolver | undefined =>
  resolve &&
  ((root, given, context, info) => {
    for (const { name, type } of args) check(type, given[name], name)
    return resolve(root, given, context, info)
  })

/** Whether there can be a list in it; `within` are the types around it, since filters hold filters. */
const hasLists = (type: GraphQLInputType, within: readonly string[] = []): boolean => {
  const nullable = getNullableType(type)
  if (isListType(nullable)) return true
  if (!isInputObjectType(nullable) || within.includes(nullable.name)) return false
  return Object.values(nullable.getFields()).some((field) => hasLists(field.type, [...within, nullable.name]))
}

const check = (type: GraphQLInputType, value: unknown, path: string): void => {
  const nullable = getNullableType(type)
  if (isListType(nullable) && Array.isArray(value)) {
    const most = isEnumType(getNamedType(nullable)) ? maxEnumEntries : maxEntries
    if (value.length > most)
      throw requestError(
        'BAD_USER_INPUT',
        `"${path}" has ${value.length} entries; at most ${most} are allowed. Leave some out, or ask several times.`,
      )
    for (const [index, entry] of value.entries()) check(nullable.ofType, entry, `${path}[${index}]`)
  } else if (isInputObjectType(nullable) && typeof value === 'object' && value !== null) {
    for (const [name, field] of Object.entries(nullable.getFields()))
      check(field.type, (value as Record<string, unknown>)[name], `${path}.${name}`)
  }
}
