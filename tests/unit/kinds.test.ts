import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { getNamedType, isObjectType } from 'graphql'
import { describe, expect, test } from 'vitest'
import { settings } from '../../src/config.ts'
import { schema } from '../../src/graphql/schema.ts'
import { kindNames, kinds } from '../../src/taxonomy/kinds.ts'

const prisma = readFileSync(resolve(import.meta.dirname, '../../prisma/schema.prisma'), 'utf8')
const model = (table: string): string =>
  [...prisma.matchAll(/^model \w+ \{\n[\s\S]*?\n\}/gm)]
    .map(([text]) => text)
    .find((text) => text.includes(`@@map("${table}")`)) ?? ''
const fieldsOf = (type: string) => {
  const found = schema.getType(type)
  return isObjectType(found) ? found.getFields() : {}
}

describe.each(kindNames)('the row of the kind %s', (kind) => {
  const { type, plural, links, idColumn, idField, pathSetting, isTree, fields } = kinds[kind]

  test('names the tables, columns and settings that there are', () => {
    expect(model(plural)).toMatch(new RegExp(`^model ${type} `))
    expect(/slug_path/.test(model(plural))).toBe(isTree)
    expect(model(links)).toContain(`@map("${idColumn}")`)
    expect(model('redirects')).toMatch(new RegExp(`${idField} +String\\? +@map\\("${idColumn}"\\)`))
    expect(Object.keys(settings)).toContain(pathSetting)
  })

  test('has every field that is written of it, in its model, its type and its inputs', () => {
    for (const field of Object.keys(fields)) {
      expect(model(plural)).toMatch(new RegExp(`^  ${field} +String\\?`, 'm'))
      expect(Object.keys(fieldsOf(type))).toContain(field)
    }
    const written = [...model(plural).matchAll(/^ {2}(\w+) +String\?/gm)].map(([, name]) => name)
    expect(written.filter((name) => name !== 'parentId')).toEqual(Object.keys(fields))
  })

  test('is a field of posts, of revisions, and of what finds and writes posts', () => {
    expect(String(fieldsOf('Post')[plural]?.type)).toBe(`[${type}!]!`)
    expect(String(fieldsOf('PostRevision')[plural]?.type)).toBe(`[${type}!]!`)
    for (const input of ['PostFilter', 'CreatePostInput', 'UpdatePostInput'])
      expect(schema.getType(input)?.toConfig()).toMatchObject({ fields: { [plural]: expect.anything() } })
  })
})

test('a revision shows a field in the type in which a post does', () => {
  const [post, revision] = [fieldsOf('Post'), fieldsOf('PostRevision')]
  const shared = Object.keys(revision).filter((name) => name in post)
  expect(shared.length).toBeGreaterThan(19)
  const typesIn = (fields: typeof post) =>
    shared.map((name) => [
      name,
      fields[name] && getNamedType(fields[name].type).name,
      fields[name]?.args.map(({ name, type, defaultValue }) => [name, String(type), defaultValue]),
    ])
  expect(typesIn(revision)).toEqual(typesIn(post))
})
