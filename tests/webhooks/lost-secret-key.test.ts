import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { system } from '../../src/keys/viewer.ts'
import { makeSecretKey, readSecretKey } from '../../src/lib/secret-key.ts'
import { forgetSealed, openSeal } from '../../src/webhooks/endpoints/sealed.ts'
import type { Write } from '../../src/write/write.ts'
import { withApp } from '../support/app.ts'
import { makeEndpoint, rotate, updateEndpoint } from './subscribing.ts'

const lent = withApp()
const right = 'a secret key that only this test suite uses'
const another = 'another secret key, of thirty-two characters and more'

let DATA_DIR = ''
beforeEach(async () => {
  DATA_DIR = await mkdtemp(join(tmpdir(), 'presswire-key-'))
})
afterEach(() => rm(DATA_DIR, { recursive: true }))

const opening = (SECRET_KEY?: string) => openSeal(lent.app.database.db, { SECRET_KEY, DATA_DIR })
const keyFile = () => join(DATA_DIR, 'secret.key')
const write = async <T>(work: (w: Write) => Promise<T>) =>
  (await lent.app.core.write(system('test'), work)).value

test('a new embedded database gets a key of its own, also where an earlier start was killed while it made one', async () => {
  await writeFile(keyFile(), '')
  await opening()

  expect(await readFile(keyFile(), 'utf8')).toMatch(/^[\w+/=]{44}\n$/)
  expect(await readdir(DATA_DIR)).toEqual(['secret.key'])
})

test('a SECRET_KEY that opens nothing of what is stored ends the start, which says where the right one is', async () => {
  await makeEndpoint(lent.app.admin, {
    url: `${lent.app.receiver.url}/a`,
    headers: [{ name: 'x-a', value: '1' }],
  })

  await expect(opening(right)).resolves.toBeDefined()
  await expect(opening(another)).rejects.toMatchObject({
    exitCode: 78,
    message: expect.not.stringContaining('\n'),
  })
  // Without the file that was made on the first start, or with another one, there is none made.
  await expect(opening()).rejects.toThrow(`is missing in ${keyFile()}. Put that file back`)
  expect(readSecretKey(DATA_DIR)).toBeNull()
  makeSecretKey(DATA_DIR)
  await expect(opening()).rejects.toThrow(`is not the one in ${keyFile()}`)
  await writeFile(keyFile(), right)
  await expect(opening()).resolves.toBeDefined()
  await expect(opening(another)).rejects.toThrow(`the one in ${keyFile()} is. Unset SECRET_KEY`)
})

test('when the key is lost, giving up what it sealed lets another one in, and its endpoints work again', async () => {
  const { id } = await makeEndpoint(lent.app.admin, { url: `${lent.app.receiver.url}/b` })
  const { db } = lent.app.database
  const place = { SECRET_KEY: another, DATA_DIR }

  expect(await forgetSealed(write, db, place)).toContain(id)

  await expect(opening(another)).resolves.toBeDefined()
  expect(await db.webhookSecret.count()).toBe(0)
  expect(await db.webhookEndpoint.findUnique({ where: { id } })).toMatchObject({
    status: 'DISABLED',
    sealedHeaders: null,
    statusReason: expect.stringContaining('rotateWebhookSecret'),
  })
  expect(await forgetSealed(write, db, place)).toEqual([])
  await rotate(lent.app.admin, { id })
  expect(await updateEndpoint(lent.app.admin, { id, status: 'ACTIVE' })).toMatchObject({ status: 'ACTIVE' })
  await expect(opening(right)).resolves.toBeDefined()
})
