import { type GraphQLResolveInfo, isObjectType } from 'graphql'
import { expect, test } from 'vitest'
import { schema } from '../../src/graphql/schema.ts'

const fieldOf = (typeName: string, name: string) => {
  const type = schema.getType(typeName)
  const field = isObjectType(type) ? type.getFields()[name] : undefined
  if (!field?.resolve) throw new Error(`${typeName}.${name} has no resolver.`)
  const info = { path: { key: name, prev: undefined, typename: typeName } } as GraphQLResolveInfo
  return (row: object) => field.resolve?.(row, {}, {}, info)
}

test.each([
  ['Post', 'title', 'title'],
  ['Post', 'publishedAt', 'publishedAt'],
  ['Author', 'bio', 'bio'],
  ['WebhookDelivery', 'createdAt', 'createdAt'],
])('%s.%s of a row that was read without its column is an error and not null', (typeName, name, column) => {
  const read = fieldOf(typeName, name)
  expect(() => read({ id: 'x' })).toThrow(`${typeName}.${name} needs the column ${column}`)
  expect(() => read({ id: 'x', publishedOffset: 0, [column]: null })).not.toThrow()
})
