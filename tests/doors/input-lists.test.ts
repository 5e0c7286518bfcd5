import {
  type GraphQLInputType,
  getNamedType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isListType,
  isScalarType,
} from 'graphql'
import { expect, test } from 'vitest'
import { schema } from '../../src/graphql/schema.ts'
import { withApp } from '../support/app.ts'

const lent = withApp({ role: 'api' })

type Place = { name: string; query: string; variables: (list: unknown[]) => object; entry: unknown }

/** Every list of every input, found in the schema: where it stands, and a request that gives it any number of entries. */
const listsOfInputs = (): Place[] =>
  [schema.getQueryType(), schema.getMutationType()].flatMap((root, index) =>
    Object.values(root?.getFields() ?? {}).flatMap((field) =>
      field.args.flatMap((arg) => {
        const others = field.args.filter(
          (other) => other !== arg && String(other.type).endsWith('!') && !other.default,
        )
        const declared = [arg, ...others].map(({ name, type }) => `$${name}: ${type}`).join(', ')
        const passed = [arg, ...others].map(({ name }) => `${name}: $${name}`).join(', ')
        const more = Object.fromEntries(others.map(({ name, type }) => [name, leastOf(type)]))
        const query = `${index === 0 ? 'query' : 'mutation'} (${declared}) { ${field.name}(${passed}) { __typename } }`
        return pathsOf(arg.type).map(({ path, entry }) => ({
          name: [field.name, arg.name, ...path].join('.'),
          query,
          variables: (list: unknown[]) => ({ ...more, [arg.name]: around(arg.type, path, list) }),
          entry,
        }))
      }),
    ),
  )

const pathsOf = (type: GraphQLInputType, within: string[] = []): { path: string[]; entry: unknown }[] => {
  const nullable = getNullableType(type)
  const named = getNamedType(nullable)
  const here = isListType(nullable) ? [{ path: [], entry: leastOf(nullable.ofType) }] : []
  if (isListType(nullable) || !isInputObjectType(named) || within.includes(named.name)) return here
  return Object.values(named.getFields()).flatMap((field) =>
    pathsOf(field.type, [...within, named.name]).map(({ path, entry }) => ({
      path: [field.name, ...path],
      entry,
    })),
  )
}

/** The value with a list at a path, and whatever else is required. */
const around = (type: GraphQLInputType, [key, ...path]: string[], list: unknown[]): unknown => {
  const nullable = getNullableType(type)
  if (key === undefined || !isInputObjectType(nullable)) return list
  const field = nullable.getFields()[key]
  const least = nullable.isOneOf ? {} : (leastOf(nullable) as object)
  return { ...least, [key]: field && around(field.type, path, list) }
}

const leastOf = (type: GraphQLInputType): unknown => {
  const nullable = getNullableType(type)
  if (isListType(nullable)) return []
  if (isEnumType(nullable)) return nullable.getValues()[0]?.name
  if (isScalarType(nullable))
    return (
      { Int: 1, Boolean: true, URL: 'https://example.com/', DateTime: '2020-01-01T00:00:00Z' }[
        nullable.name
      ] ?? 'x'
    )
  const fields = Object.values(nullable.getFields())
  const needed = nullable.isOneOf
    ? fields.slice(0, 1)
    : fields.filter(({ type, default: given }) => String(type).endsWith('!') && !given)
  return Object.fromEntries(needed.map((field) => [field.name, leastOf(field.type)]))
}

test('every list of every input has a length, and says so', async () => {
  const places = listsOfInputs()
  expect(places.map(({ name }) => name)).toContain('createPost.input.tags')
  expect(places.length).toBeGreaterThan(40)
  for (const { name, query, variables, entry } of places) {
    const { errors } = await lent.app.admin.send(query, variables(Array(20_000).fill(entry)))
    expect(errors[0]?.extensions?.code, `${name}: ${errors[0]?.message}`).toBe('BAD_USER_INPUT')
    expect(errors[0]?.message, name).toMatch(/has 20000 (entries|values); at most \d+ /)
  }
})
