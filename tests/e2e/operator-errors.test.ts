import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { readConfig } from '../../src/config.ts'
import { OperatorError } from '../../src/lib/errors.ts'
import { type Ended, runProgram, withHome } from '../support/process.ts'

const lent = withHome()

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'presswire-errors-'))
})
afterAll(() => rm(folder, { recursive: true }))

// Each process takes seconds.
const patient = { timeout: 60_000 }
// All of them open the database in one way, and this one loads the least before.
const anyCommand = ['migrate']
const secretKey = 'a secret key that only this test suite uses'

test('a port in use: one line that names it and PORT', patient, async () => {
  // With a key it is no first start, which would bring in the sample site before.
  await lent.home.newKey()
  const occupied = await listening()
  const { port } = occupied.address() as AddressInfo
  const ended = await runProgram(['serve'], folder, { ...lent.home.env, PORT: String(port) })
  occupied.close()

  expectOneLine(ended, 1, `Port ${port} is in use`, 'PORT')
})

describe.skipIf(inject('kind') !== 'embedded')('before any database is open (the same on both)', () => {
  test('wrong settings are told all at once, with exit code 78, and nothing is made', patient, async () => {
    const { code, stdout, stderr } = await runProgram(['serve'], folder, {
      PORT: '70000',
      LOG_LEVEL: 'loud',
      ROLE: 'worker',
      SITE_TIMEZONE: 'Mars/Phobos',
      SITE_URL: 'blog.example.com',
      PERMALINK: '/:year/',
      WEBHOOK_ALLOW: 'http://127.0.0.1',
      SECRET_KEY: 'too-short',
    })
    const lines = stderr.trim().split('\n')

    expect({ code, stdout }).toEqual({ code: 78, stdout: '' })
    for (const name of [
      'PORT',
      'LOG_LEVEL',
      'ROLE',
      'SITE_TIMEZONE',
      'SITE_URL',
      'PERMALINK',
      'WEBHOOK_ALLOW',
      'SECRET_KEY',
    ])
      expect(
        lines.filter((line) => line.trim().startsWith(`${name} `)),
        name,
      ).toHaveLength(1)
    expect(stderr).toContain('(it is "70000")')
    expect(stderr).not.toContain('too-short')
    expect(stderr).not.toMatch(stack)
    expect(existsSync(join(folder, 'data'))).toBe(false)
  })

  test('DATABASE_URL without SECRET_KEY is a wrong setting, and its password is not shown', () => {
    const told = operatorErrorOf(() => readConfig({ DATABASE_URL: 'mysql://me:hunter2@localhost/db' }))

    expect(told.exitCode).toBe(78)
    expect(told.message).toContain('DATABASE_URL must be a postgresql:// URL')
    expect(told.message).toContain('SECRET_KEY is required with DATABASE_URL')
    expect(told.message).not.toContain('hunter2')
  })

  test('a DATA_DIR that cannot be written: one line', patient, async () => {
    // Root may write everywhere but below a file.
    await writeFile(join(folder, 'a-file'), '')
    const DATA_DIR = join(folder, 'a-file', 'data')

    expectOneLine(await runProgram(anyCommand, folder, { DATA_DIR }), 1, 'DATA_DIR', DATA_DIR)
  })

  test('a database that is away: one line, without the password', patient, async () => {
    const gone = await listening()
    const { port } = gone.address() as AddressInfo
    gone.close()
    await once(gone, 'close')
    const DATABASE_URL = `postgresql://me:hunter2@127.0.0.1:${port}/presswire`
    const ended = await runProgram(anyCommand, folder, { DATABASE_URL, SECRET_KEY: secretKey })

    expectOneLine(ended, 1, `127.0.0.1:${port}/presswire does not answer`, 'DATABASE_URL')
    expect(ended.stderr).not.toContain('hunter2')
  })
})

test.skipIf(inject('kind') !== 'postgres')(
  'a database that does not exist (the embedded one is made): one line',
  patient,
  async () => {
    const url = new URL(lent.home.env.DATABASE_URL ?? '')
    url.pathname = '/no_such_database'
    const ended = await runProgram(anyCommand, folder, { ...lent.home.env, DATABASE_URL: url.href })

    expectOneLine(ended, 1, 'no_such_database', 'DATABASE_URL')
  },
)

const operatorErrorOf = (work: () => unknown): OperatorError => {
  try {
    work()
  } catch (error) {
    if (error instanceof OperatorError) return error
    throw error
  }
  throw new Error('Nothing was wrong.')
}

const stack = /\n\s+at /

const expectOneLine = ({ code, stderr, stdout }: Ended, exitCode: number, ...parts: string[]) => {
  expect(stderr.trim().split('\n'), stderr).toHaveLength(1)
  for (const part of parts) expect(stderr).toContain(part)
  expect({ code, stdout }).toEqual({ code: exitCode, stdout: '' })
}

const listening = async (): Promise<Server> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}
