import { execFileSync } from 'node:child_process'
import { cp, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, inject, test } from 'vitest'
import { createTestDatabase, dropTestDatabase } from '../support/postgres-database.ts'
import { withHome } from '../support/process.ts'

// What a message tells the reader to do is done here, and has to help.

const lent = withHome()
const patient = { timeout: 300_000 }
const isEmbedded = inject('kind') === 'embedded'

/** Runs a command that fails with one line that holds a piece of advice, follows it, and runs the command again. */
const follow = async (args: string[], advice: string, exitCode: number, doIt: () => Promise<unknown>) => {
  const failed = await lent.home.run(...args)
  expect(failed.stderr).toContain(advice)
  expect({ code: failed.code, lines: failed.stderr.trim().split('\n').length }).toEqual({
    code: exitCode,
    lines: 1,
  })
  await doIt()
  const helped = await lent.home.run(...args)
  expect(helped.code, helped.stderr).toBe(0)
}

describe.skipIf(!isEmbedded)('a folder (a PostgreSQL has none)', () => {
  const inHome = (name: string) => join(lent.home.folder, name)

  test('that cannot be written: set DATA_DIR to another folder', patient, async () => {
    await writeFile(inHome('a-file'), '')
    lent.home.env.DATA_DIR = join(inHome('a-file'), 'data')
    await follow(['migrate'], 'set DATA_DIR to another folder', 1, async () => {
      lent.home.env.DATA_DIR = inHome('another')
      await cp(inject('embedded').data, lent.home.env.DATA_DIR, { recursive: true })
    })
  })

  test.for([
    ['without its control file', 'global/pg_control'],
    ['without its log', 'pg_wal'],
    ['without its version', 'PG_VERSION'],
    ['without its tables', 'base'],
  ] as const)('that is broken, %s: restore it from a copy, or move it away', patient, async ([, part]) => {
    const folder = inHome('broken')
    await cp(inject('embedded').data, folder, { recursive: true })
    await rm(join(folder, 'db', part), { recursive: true })
    lent.home.env.DATA_DIR = folder
    const advice = 'Restore the folder from a copy, or move it away'
    await follow(['migrate'], advice, 1, async () => {
      await rm(folder, { recursive: true })
      await cp(inject('embedded').data, folder, { recursive: true })
    })
    await rm(join(folder, 'db', part), { recursive: true })
    await follow(['migrate'], advice, 1, () => rename(folder, `${folder}-away`))
    await rm(folder, { recursive: true })
    await rm(`${folder}-away`, { recursive: true })
  })

  test('doctor without a database: "presswire serve" makes one', patient, async () => {
    lent.home.env.DATA_DIR = inHome('not-yet')
    expect((await lent.home.run('doctor')).stdout).toContain('"presswire serve" makes one')
    await (await lent.home.serve()).kill('SIGTERM')
    expect(await lent.home.run('doctor')).toMatchObject({ code: 0 })
  })
})

describe.skipIf(isEmbedded)('a PostgreSQL (an embedded database has no tables of others)', () => {
  test('with the tables of others: set DATABASE_URL to an empty database', patient, async () => {
    const server = inject('postgres').url
    const made = [await createTestDatabase(server, 'template1'), await createTestDatabase(server)]
    const [theirs, empty] = made.map(({ url }) => url)
    const { default: pg } = await import('pg')
    const client = new pg.Client({ connectionString: theirs })
    await client.connect()
    await client.query('CREATE TABLE somebody_elses (id int)')
    await client.end()
    lent.home.env.DATABASE_URL = theirs ?? ''
    await follow(['migrate'], 'Set DATABASE_URL to an empty database', 1, async () => {
      lent.home.env.DATABASE_URL = empty ?? ''
    })
    for (const { name } of made) await dropTestDatabase(server, name)
  })

  test('of another role: make the role of DATABASE_URL the owner of its database', patient, async () => {
    const server = inject('postgres').url
    const { url, name } = await createTestDatabase(server)
    const { default: pg } = await import('pg')
    const owner = new pg.Client({ connectionString: url })
    await owner.connect()
    const role = `${name}_role`
    await owner.query(`CREATE ROLE ${role} LOGIN`)
    const asRole = new URL(url)
    asRole.username = role
    lent.home.env.DATABASE_URL = asRole.href
    await follow(['migrate'], 'ALTER DATABASE … OWNER TO …', 1, () =>
      owner.query(`ALTER DATABASE ${name} OWNER TO ${role}`),
    )
    const serving = await lent.home.serve()
    expect((await fetch(`${serving.url}/readyz`)).status).toBe(200)
    // Taken away while it serves: a failure of that request, and no end of the process.
    await owner.query('REVOKE ALL ON posts FROM PUBLIC')
    await owner.query('ALTER TABLE posts OWNER TO postgres')
    const refused = await serving.anonymous.send('{ posts { totalCount } }')
    expect(refused.errors[0]?.extensions?.code).toBe('INTERNAL_SERVER_ERROR')
    expect(JSON.stringify(refused.errors)).not.toContain('permission')
    await owner.query(`ALTER TABLE posts OWNER TO ${role}`)
    expect((await serving.anonymous.send('{ posts { totalCount } }')).errors).toEqual([])
    expect((await serving.kill('SIGTERM')).code).toBe(0)
    await owner.end()
    await dropTestDatabase(server, name)
  })

  test('without a SECRET_KEY: make one with openssl rand -base64 32', patient, async () => {
    const { url, name } = await createTestDatabase(inject('postgres').url, inject('postgres').template)
    lent.home.env.DATABASE_URL = url
    lent.home.env.SECRET_KEY = ''
    const { code, stderr } = await lent.home.run('migrate')
    const [command = '', ...args] = /make one with: (.+?)$/m.exec(stderr)?.[1]?.split(' ') ?? []
    expect(code).toBe(78)
    lent.home.env.SECRET_KEY = execFileSync(command, args, { encoding: 'utf8' }).trim()
    expect(await lent.home.run('migrate')).toMatchObject({ code: 0 })
    await dropTestDatabase(inject('postgres').url, name)
  })
})

test('a key that is not there: "presswire keys list" shows all', patient, async () => {
  if (isEmbedded) {
    lent.home.env.DATA_DIR = join(lent.home.folder, 'keys')
    await cp(inject('embedded').data, lent.home.env.DATA_DIR, { recursive: true })
  } else
    lent.home.env.DATABASE_URL = (
      await createTestDatabase(inject('postgres').url, inject('postgres').template)
    ).url
  await lent.home.newKey()
  expect((await lent.home.run('keys', 'revoke', 'key_none')).stderr).toContain(
    '"presswire keys list" shows all',
  )
  const [id = ''] = (await lent.home.run('keys', 'list')).stdout.split(' ')
  expect(await lent.home.run('keys', 'revoke', id)).toMatchObject({ code: 0 })
})
