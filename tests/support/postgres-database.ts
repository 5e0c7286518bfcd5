import { randomBytes } from 'node:crypto'
import pg from 'pg'

/** Makes a database of a random name, a copy of the template where one is named. */
export const createTestDatabase = async (
  server: string,
  template?: string,
): Promise<{ url: string; name: string }> => {
  const name = `presswire_test_${randomBytes(6).toString('hex')}`
  await runOn(
    server,
    `CREATE DATABASE ${name}${template ? ` TEMPLATE ${pg.escapeIdentifier(template)}` : ''}`,
  )
  const url = new URL(server)
  url.pathname = `/${name}`
  return { url: url.href, name }
}

export const dropTestDatabase = (server: string, name: string): Promise<void> =>
  runOn(server, `DROP DATABASE IF EXISTS ${pg.escapeIdentifier(name)} WITH (FORCE)`)

const runOn = async (server: string, statement: string): Promise<void> => {
  const client = new pg.Client({ connectionString: server })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
