import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, inject, test } from 'vitest'
import { ChangesDocument } from '../../schema/generated/graphql.ts'
import type { Client } from '../support/client.ts'
import { postgresBinaries } from '../support/databases.ts'
import { createTestDatabase, dropTestDatabase } from '../support/postgres-database.ts'
import { withHome } from '../support/process.ts'
import { publishNew } from '../webhooks/writing.ts'

const lent = withHome()
const isEmbedded = inject('kind') === 'embedded'
const binaries = postgresBinaries()
// A folder of initdb and postgres alone makes no backups.
const canBackUp = binaries !== null && existsSync(join(binaries, 'pg_dump'))

/** Makes a backup as docs/deploying.md says, and answers what restores it. */
const backUp = async (): Promise<() => Promise<unknown>> => {
  const { folder, env } = lent.home
  const copy = join(folder, 'backup')
  if (isEmbedded) {
    const data = env.DATA_DIR ?? ''
    await cp(data, copy, { recursive: true })
    return async () => {
      await rm(data, { recursive: true })
      await cp(copy, data, { recursive: true })
    }
  }
  const program = (name: string, args: string[]) =>
    execFileSync(join(binaries ?? '', name), args, { stdio: 'pipe' })
  program('pg_dump', ['--format=custom', `--file=${copy}`, env.DATABASE_URL ?? ''])
  return async () => {
    const server = inject('postgres').url
    const { url, name } = await createTestDatabase(server, 'template0')
    program('pg_restore', ['--no-owner', '--exit-on-error', `--dbname=${url}`, copy])
    env.DATABASE_URL = url
    return () => dropTestDatabase(server, name)
  }
}

const publishSome = async (client: Client, count: number) => {
  for (let number = 0; number < count; number++) await publishNew(client, `Number ${number}`)
  const { changes } = await client.run(ChangesDocument, { first: 100, types: ['POST_PUBLISHED'] })
  return { end: changes.pageInfo.endCursor ?? '', published: changes.edges.length }
}

test.skipIf(!isEmbedded && !canBackUp)(
  'a reader who has read what a restored backup does not have is told so, though the log has grown past his cursor',
  { timeout: 180_000 },
  async () => {
    const key = await lent.home.newKey()
    const serveAndPublish = async (count: number) => {
      const serving = await lent.home.serve()
      const read = await publishSome(serving.clientOf(key), count)
      return { serving, ...read }
    }
    const first = await serveAndPublish(2)
    await first.serving.kill('SIGTERM')
    const restore = await backUp()
    const second = await serveAndPublish(2)
    await second.serving.kill('SIGTERM')

    const drop = await restore()
    const third = await serveAndPublish(4)
    const client = third.serving.clientOf(key)

    expect([first.published, second.published, third.published]).toEqual([2, 4, 6])
    const lost = await client.send(String(ChangesDocument), { after: second.end })
    expect(lost.errors.map(({ extensions }) => extensions?.code)).toEqual(['CURSOR_EXPIRED'])
    const { changes } = await client.run(ChangesDocument, { after: first.end, types: ['POST_PUBLISHED'] })
    expect(changes.edges).toHaveLength(4)
    expect((await third.serving.kill('SIGTERM')).code).toBe(0)
    if (typeof drop === 'function') await drop()
  },
)
