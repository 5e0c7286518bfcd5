import { expect, test } from 'vitest'
import { update } from '../api/writing.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { typist } from '../support/typist.ts'
import { saveNew } from '../webhooks/writing.ts'

const saves = 600

/** What the rows of a table take, each value as it is stored. */
const bytesOf = async ({ database: { db } }: TestApp, table: string): Promise<number> => {
  const columns = await db.$queryRaw<{ name: string }[]>`
    SELECT quote_ident(column_name) AS name FROM information_schema.columns
    WHERE table_schema = 'public' AND table_name = ${table}`
  const sizes = columns.map(({ name }) => `coalesce(sum(pg_column_size(${name})), 0)`).join(' + ')
  const [row] = await db.$queryRawUnsafe<{ bytes: number }[]>(
    `SELECT (${sizes})::float8 AS bytes FROM ${table}`,
  )
  return row?.bytes ?? Number.NaN
}

test('ten saves a minute of a post of 52 KB, for an hour, are at most 20 revisions and 2 MB', {
  timeout: 1_800_000,
}, async () => {
  const { app, end } = await startTestApp({ role: 'api' })
  const editor = await app.clientWith('CONTENT_WRITE')
  const { text, type } = typist(52_000)
  const id = await saveNew(editor, 'A long day', { source: text() })
  for (let number = 0; number < saves; number++) {
    app.clock.advance(6_000)
    type()
    await update(editor, { id, source: text() })
  }
  const { db } = app.database
  const revisions = await db.postRevision.count({ where: { postId: id } })
  const tables = ['events', 'state_texts', 'post_revisions']
  const bytes = await Promise.all(tables.map((table) => bytesOf(app, table)))
  console.error({
    revisions,
    texts: await db.stateText.count(),
    ...Object.fromEntries(tables.map((t, i) => [t, bytes[i]])),
  })
  expect(await db.event.count({ where: { subjectId: id } })).toBe(saves + 1)
  expect(revisions).toBeLessThanOrEqual(20)
  expect(bytes.reduce((sum, size) => sum + size, 0)).toBeLessThan(2_000_000)
  await end()
})
