import { globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import {
  type GraphQLEnumType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedScalarType,
  parse,
  validate,
} from 'graphql'
import { expect, test } from 'vitest'
import { printedEnvExample } from '../src/config.ts'
import { apiVersion } from '../src/events/catalog.ts'
import { printedEventJsonSchema } from '../src/events/json-schema.ts'
import { printedEventTypes } from '../src/events/print-event-types.ts'
import { documentProblems } from '../src/graphql/render.ts'
import { printedSchema, schema } from '../src/graphql/schema.ts'
import { exampleTabs } from '../src/http/playground/example-tabs.ts'
import { type IdPrefix, newId } from '../src/lib/id.ts'
import { defaultDocument } from '../src/webhooks/endpoints/endpoint.ts'
import { problemsOf } from './support/event-schema.ts'

const root = resolve(import.meta.dirname, '..')
const read = (file: string) => readFileSync(join(root, file), 'utf8')

test('schema/schema.graphql is what the schema is', () => {
  expect(read('schema/schema.graphql'), 'Run: npm run generate').toBe(printedSchema())
})

test('schema/events.json is what the catalog of events is', () => {
  expect(read('schema/events.json'), 'Run: npm run generate').toBe(printedEventJsonSchema())
})

test('the types for receivers are what the catalog of events is', () => {
  expect(read('src/receiver/event-types.ts'), 'Run: npm run generate').toBe(printedEventTypes())
})

test('schema/events.json takes an event as it is sent, and none that lacks a part, has another or lies about its subject', () => {
  const id = (prefix: IdPrefix) => newId(prefix)
  const subject = { type: 'Post', id: id('post'), version: 4 }
  const body = {
    id: id('event'),
    type: 'post.published',
    timestamp: '2026-11-22T09:51:00.123Z',
    sequence: '1042',
    apiVersion,
    subject,
    changedFields: ['title'],
    previous: { title: 'Before' },
    invalidates: ['posts'],
    paths: ['/'],
    data: { post: null },
  }
  const { previous: _, ...rest } = body
  expect(problemsOf(JSON.stringify(body))).toEqual([])
  for (const wrong of [
    rest,
    { ...body, colour: 'red' },
    { ...body, type: 'post.invented' },
    { ...body, sequence: 1042 },
    { ...body, timestamp: 'yesterday' },
    { ...body, subject: { ...subject, type: 'Tag' } },
    { ...body, subject: { ...subject, id: id('tag') } },
    { ...body, rendered: 'now' },
  ])
    expect(problemsOf(JSON.stringify(wrong)), JSON.stringify(wrong)).not.toEqual([])

  const { changedFields, previous, subject: one, ...common } = body
  const batch = {
    ...common,
    id: id('delivery'),
    type: 'events.batch',
    firstSequence: '1040',
    subjects: [{ ...one, change: 'post.published' }],
    data: [body.data],
  }
  expect(problemsOf(JSON.stringify(batch))).toEqual([])
  expect(problemsOf(JSON.stringify({ ...batch, subjects: [one] }))).not.toEqual([])
})

test('.env.example is what the settings are', () => {
  expect(read('.env.example'), 'Run: npm run generate').toBe(printedEnvExample())
})

const operations = globSync('schema/operations/*.graphql', { cwd: root }).sort()

// Fragments may stand in another file: clients compile all of them together, and so does codegen.
test('every operation in schema/operations is valid, and no two have one name', () => {
  const together = parse(operations.map(read).join('\n'))
  expect(operations.length).toBeGreaterThan(5)
  expect(validate(schema, together).map((error) => error.message)).toEqual([])
})

test('every file of schema/operations says what it is for', () => {
  expect(operations.filter((file) => !/^# \S+ .{10,}/.test(read(file)))).toEqual([])
})

test('the examples of the playground are valid', () => {
  const problems = exampleTabs.flatMap(({ query }) =>
    validate(schema, parse(query)).map((error) => error.message),
  )
  expect(problems).toEqual([])
})

test('the document of endpoints that have none is one that an endpoint could have', () => {
  expect(documentProblems(schema, defaultDocument, null)).toEqual([])
})

type Described = { at: string; name: string; description: string | null | undefined }

const elements = (): Described[] =>
  Object.values(schema.getTypeMap())
    .filter((type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type))
    .flatMap((type) => [
      { at: type.name, name: type.name, description: type.description },
      ...membersOf(type),
    ])

const membersOf = (type: unknown): Described[] => {
  if (isEnumType(type)) return valuesOf(type)
  if (!isObjectType(type) && !isInterfaceType(type) && !isInputObjectType(type)) return []
  return Object.values(type.getFields()).flatMap((field) => {
    const at = `${type.name}.${field.name}`
    const args: readonly { name: string; description?: string | null }[] = 'args' in field ? field.args : []
    return [
      { at, name: field.name, description: field.description },
      ...args.map(({ name, description }) => ({ at: `${at}(${name}:)`, name, description })),
    ]
  })
}

const valuesOf = (type: GraphQLEnumType): Described[] =>
  type.getValues().map(({ name, description }) => ({ at: `${type.name}.${name}`, name, description }))

test('every schema element has a description, of more than its own name', () => {
  const bare = elements().filter(({ name, description }) => saysLittle(name, description ?? ''))
  expect(elements().length).toBeGreaterThan(200)
  expect(bare.map(({ at }) => at)).toEqual([])
})

/** Less than two words that the name does not have already, or no sentence. */
const saysLittle = (name: string, description: string): boolean => {
  const known = name.toLowerCase()
  const words = description.toLowerCase().match(/[a-z:]+/g) ?? []
  return words.filter((word) => !known.includes(word)).length < 2 || !/[.:`]$/.test(description.trim())
}
