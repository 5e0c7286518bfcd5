import { expect, test } from 'vitest'
import { withApp } from '../support/app.ts'

const lent = withApp({ role: 'api' })

const refusalOf = async (query: string, variables?: object) => {
  const { statements, result } = await lent.app.countStatements(() =>
    lent.app.anonymous.send(query, variables),
  )
  const { status, data, errors } = result
  const { code, limit } = (errors[0]?.extensions ?? {}) as { code?: string; limit?: string }
  return { status, data, code, limit, statements: statements.length, errors: errors.length }
}
const refused = (limit: string) => ({
  status: 400,
  data: null,
  code: 'QUERY_TOO_COMPLEX',
  limit,
  // Refused before anything was done for it.
  statements: 0,
  errors: 1,
})

/** One category within another. */
const nested = (depth: number): string => (depth === 0 ? '{ name }' : `{ parent ${nested(depth - 1)} }`)
const deep = (depth: number) => `{ category(by: { slug: "x" }) ${nested(depth - 2)} }`
const times = (count: number, part: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => part(index)).join(' ')

test('depth: 15 levels pass, 16 do not, nor 80 hidden in fragments', async () => {
  expect((await lent.app.anonymous.send(deep(15))).errors).toEqual([])
  expect(await refusalOf(deep(16))).toEqual(refused('depth'))
  const hidden = times(
    80,
    (index) => `fragment F${index} on Category { parent { ${index < 79 ? `...F${index + 1}` : 'name'} } }`,
  )
  expect(await refusalOf(`{ category(by: { slug: "x" }) { ...F0 } } ${hidden}`)).toEqual(refused('depth'))
})

test('aliases: 30 pass, 31 do not', async () => {
  const aliased = (count: number) => `{ site { ${times(count, (index) => `a${index}: url`)} } }`
  expect((await lent.app.anonymous.send(aliased(30))).errors).toEqual([])
  expect(await refusalOf(aliased(31))).toEqual(refused('aliases'))
})

test('cost: what could be more than 10,000 objects is refused, by variables, too', async () => {
  const query =
    'query ($n: Int) { posts(first: $n) { nodes { tags { posts(first: $n) { nodes { id } } } } } }'
  expect((await lent.app.anonymous.send(query, { n: 40 })).errors).toEqual([])
  expect(await refusalOf(query, { n: 100 })).toEqual(refused('cost'))
})

test('lists of posts: 1,000 pass, with the conditions of their filters and the lists that they stand in', async () => {
  const query = (count: number) =>
    `query ($f: PostFilter) { ${times(count, (index) => `a${index}: posts(first: 1, filter: $f) { totalCount }`)} }`
  const f = {
    AND: times(9, () => 'x')
      .split(' ')
      .map((x) => ({ tags: { any: [x], none: [x] } })),
  }
  expect((await lent.app.anonymous.send(query(10), { f })).errors).toEqual([])
  expect(await refusalOf(query(11), { f })).toEqual(refused('lists'))
  const below = (first: number) =>
    `{ tags(first: ${first}) { nodes { ${times(10, (index) => `a${index}: posts(first: 1) { totalCount }`)} } } }`
  expect((await lent.app.anonymous.send(below(100))).errors).toEqual([])
  expect(await refusalOf(`{ posts(first: 1) { totalCount } ${below(100).slice(1)}`)).toEqual(refused('lists'))
})

test('characters: 20,000 pass, 20,001 do not, though they be comments', async () => {
  const query = '{ site { url } }'
  const padded = (length: number) => `#${'x'.repeat(length - query.length - 2)}\n${query}`
  expect((await lent.app.anonymous.send(padded(20_000))).errors).toEqual([])
  expect(await refusalOf(padded(20_001))).toEqual(refused('characters'))
})

test('tokens: more than 2,000 are refused', async () => {
  expect(await refusalOf(`{ site { ${'url '.repeat(2_000)} } }`)).toEqual(refused('tokens'))
})

test('root fields: more than 20 are refused', async () => {
  const roots = (count: number) => `{ ${times(count, (index) => `a${index}: site { url }`)} }`
  expect((await lent.app.anonymous.send(roots(20))).errors).toEqual([])
  expect(await refusalOf(roots(21))).toEqual(refused('rootFields'))
})

test('nested input: more than 20 levels are refused', async () => {
  const value = (depth: number): unknown => (depth === 0 ? 1 : { a: value(depth - 1) })
  const query =
    'mutation ($m: JSON) { createPost(input: { title: "x", source: "x", metadata: $m }) { __typename } }'
  expect(await refusalOf(query, { m: value(20) })).toEqual(refused('inputDepth'))
})

test('a query that would be refused is refused with a key, too', async () => {
  const { status, errors } = await lent.app.admin.send(deep(16))
  expect([status, errors[0]?.extensions?.code]).toEqual([400, 'QUERY_TOO_COMPLEX'])
})
