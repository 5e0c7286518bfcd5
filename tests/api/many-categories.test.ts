import { beforeAll, expect, test } from 'vitest'
import { withApp } from '../support/app.ts'

const lent = withApp({ role: 'api' })

// One below another, and all others below both; past the API, which would take an hour.
beforeAll(() =>
  lent.app.database.runScript(`
    INSERT INTO categories (id, slug, name, name_key, parent_id, slug_path, is_public, created_at, updated_at)
    SELECT 'category_' || lpad(n::text, 26, '0'), 'c' || n, 'C' || n, 'c ' || lpad(n::text, 6, '0'),
      CASE n WHEN 1 THEN NULL WHEN 2 THEN 'category_' || lpad('1', 26, '0') ELSE 'category_' || lpad('2', 26, '0') END,
      CASE n WHEN 1 THEN 'c1' WHEN 2 THEN 'c1/c2' ELSE 'c1/c2/c' || n END, true, now(), now()
    FROM generate_series(1, 12000) n;
    ANALYZE categories;`),
)

const ask = async (query: string) => {
  const { data, errors } = await lent.app.anonymous.send<object>(query)
  return { data, code: errors[0]?.extensions?.code, message: errors[0]?.message }
}

test('a filter may stand for thousands of categories, and is refused by name beyond twenty thousand', async () => {
  expect(await ask('{ posts(filter: { categories: { any: ["c1"] } }) { nodes { id } } }')).toMatchObject({
    data: { posts: { nodes: [] } },
  })
  const { code, message } = await ask(
    '{ posts(filter: { categories: { any: ["c1", "c2"] } }) { nodes { id } } }',
  )
  expect([code, message]).toEqual(['BAD_USER_INPUT', expect.stringContaining('includeDescendants')])
  expect(
    await ask(
      '{ posts(filter: { categories: { any: ["c1", "c2"], includeDescendants: false } }) { nodes { id } } }',
    ),
  ).toMatchObject({ data: { posts: { nodes: [] } } })
})

test('many lists that each stand for thousands of categories are refused once they are too many together', async () => {
  const lists = Array.from(
    { length: 30 },
    (_, index) =>
      `p${index}: posts(first: ${index + 1}, filter: { categories: { any: ["c1"] } }) { nodes { id } }`,
  )
  const { result, statements } = await lent.app.countStatements(() => ask(`{ ${lists.join(' ')} }`))
  expect(result.code).toBe('QUERY_TOO_COMPLEX')
  expect(statements.filter((sql) => sql.includes('"isDeep"')).length).toBeLessThan(4)
  const below =
    '{ categories(first: 3) { nodes { posts(first: 1, includeDescendants: true) { nodes { id } } } } }'
  expect((await ask(below)).code).toBe('QUERY_TOO_COMPLEX')
})
