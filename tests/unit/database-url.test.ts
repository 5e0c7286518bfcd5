import { describe, expect, test } from 'vitest'
import { databaseNameOf, databaseUrlProblem } from '../../src/db/database-url.ts'

describe('a password whose characters belong into no URL', () => {
  test.each(['p@ss/w#rd?1', '12/34geheim', 'a?b', 'a#b', 'a@b', 'a b', '50%', 'x%zz', '%ff', '/', '@'])(
    '%j is told to be percent-encoded, and nothing of it is shown',
    (password) => {
      const problem = databaseUrlProblem(`postgresql://geheim:${password}@127.0.0.1:5432/blog`)
      expect(problem).toContain('percent-encoded')
      expect(problem).not.toContain('geheim')
    },
  )

  test('is taken when it is percent-encoded', () => {
    const password = encodeURIComponent('p@ss/w#rd?1 ü%')
    expect(databaseUrlProblem(`postgresql://me:${password}@127.0.0.1:5432/blog`)).toBeNull()
  })
})

test.each([
  ['schema=blog', 'a database of its own'],
  ['connection_limit=5', 'DATABASE_POOL_SIZE'],
  ['pgbouncer=true', 'pool by session'],
  ['statement_timeout=1', 'sets its own'],
  ['sslmode=require&foo=1', 'sslmode'],
])('a parameter that would be ignored is refused: %s', (parameters, advice) => {
  expect(databaseUrlProblem(`postgresql://me@localhost/blog?${parameters}`)).toContain(advice)
})

test.each([
  [
    'postgresql://me:secret@db.example.com:6432/blog?sslmode=require',
    'postgresql://db.example.com:6432/blog',
  ],
  ['postgres://me:secret@[::1]/blog', 'postgresql://[::1]/blog'],
  ['postgresql://me:secret@/blog?host=/run/postgresql', 'postgresql:///run/postgresql/blog'],
  ['postgresql:///blog', 'postgresql:///blog'],
])('%s is taken, and named without user, password and parameters', (url, name) => {
  expect(databaseUrlProblem(url)).toBeNull()
  expect(databaseNameOf(url)).toBe(name)
})
