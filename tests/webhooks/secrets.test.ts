import { expect, test } from 'vitest'
import { createSeal } from '../../src/lib/encryption.ts'
import { newId } from '../../src/lib/id.ts'
import { sealContext } from '../../src/webhooks/endpoints/secret.ts'
import { type TestApp, withApp } from '../support/app.ts'
import { answer, startReceiver } from '../support/receiver.ts'
import { deliveryOf, subscribe } from './subscribing.ts'
import { publishNew } from './writing.ts'

const secretKey = 'a key that is long enough to be one, and is in no row'
const lent = withApp({ env: { SECRET_KEY: secretKey } })

test('no row of any table and no line of the log holds a webhook secret, an API key or SECRET_KEY', async () => {
  const { app } = lent
  const { secret } = await deliverOnceWell(app)
  const secrets = { secret, apiKey: app.admin.key ?? '', secretKey }

  for (const [name, value] of Object.entries(secrets)) {
    expect(value.length, name).toBeGreaterThan(40)
    for (const form of formsOf(value)) {
      expect(await tablesHolding(app, form), `${name} as ${form}`).toEqual([])
      expect(JSON.stringify(app.log), name).not.toContain(form)
    }
  }
})

test('the search above finds what is in the clear', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  await subscribe(app.admin, {
    url: `${receiver.url}in-the-clear`,
    description: 'A description in the clear',
  })

  expect(await tablesHolding(app, `${receiver.url}in-the-clear`)).toEqual(['public.webhook_endpoints'])
  expect(await tablesHolding(app, 'A description in the clear')).toEqual(['public.webhook_endpoints'])
})

test('the stored secret opens with SECRET_KEY alone, and for its own endpoint alone', async () => {
  const { app } = lent
  const { id, secret } = await deliverOnceWell(app)
  const { sealed } = await app.database.db.webhookSecret.findFirstOrThrow({ where: { endpointId: id } })

  expect(createSeal(secretKey).open(sealed, sealContext(id))).toBe(secret)
  expect(() => createSeal(`${secretKey}?`).open(sealed, sealContext(id))).toThrow('SECRET_KEY')
  expect(() => createSeal(secretKey).open(sealed, sealContext('endpoint_other'))).toThrow()
})

test('a secret that cannot be opened is a failed attempt that says what to do, and shows nothing of it', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  const { id } = await subscribe(app.admin, { url: receiver.url, eventTypes: ['POST_PUBLISHED'] })
  const sealed = createSeal('the SECRET_KEY of another installation').seal('whsec_AAAA', sealContext(id))
  await app.database.db.webhookSecret.updateMany({ where: { endpointId: id }, data: { sealed } })
  const { event } = await publishNew(app.admin, 'Under another key')

  const delivery = await deliveryOf(app.admin, id, event.id, ({ attempts }) => attempts.length > 0)

  expect(delivery.attempts).toMatchObject([
    { statusCode: null, error: expect.stringMatching(/^request_invalid: .*SECRET_KEY differs/) },
  ])
  expect(delivery.attempts[0]?.error).not.toContain(sealed)
  expect(receiver.requests).toEqual([])
})

test.each([
  ['a secret of no known kind', { secret: 'nothing-known' }],
  ['a secret without its bytes', { secret: 'whsec_' }],
  ['no secret', {}],
  ['headers that are no JSON', { headers: 'x-token: hush' }],
] as const)(
  'an endpoint that was stored with %s: a failed attempt that says what to do and is tried again',
  async (_what, { secret, headers }: { secret?: string; headers?: string }) => {
    const { app } = lent
    await using receiver = await startReceiver()
    const { id } = await subscribe(app.admin, { url: receiver.url, eventTypes: ['POST_PUBLISHED'] })
    const { db } = app.database
    const seal = createSeal(secretKey)
    if (headers === undefined) await db.webhookSecret.deleteMany({ where: { endpointId: id } })
    else {
      const sealedHeaders = seal.seal(headers, `${id}/headers`)
      await db.webhookEndpoint.update({ where: { id }, data: { sealedHeaders } })
    }
    if (secret !== undefined) {
      const sealed = seal.seal(secret, sealContext(id))
      await db.webhookSecret.create({
        data: { id: newId('key'), endpointId: id, signing: 'HMAC_SHA256', sealed, createdAt: new Date() },
      })
    }
    const { event } = await publishNew(app.admin, 'Stored oddly')

    const delivery = await deliveryOf(app.admin, id, event.id, ({ attempts }) => attempts.length > 0)

    expect(delivery.attempts).toMatchObject([
      { number: 1, statusCode: null, error: expect.stringMatching(/^request_invalid: .*Rotate its secret/) },
    ])
    expect(delivery).toMatchObject({ status: 'PENDING', nextAttemptAt: expect.any(String) })
    expect(JSON.stringify(app.log)).not.toContain('hush')
    expect(receiver.requests).toEqual([])
  },
)

/** An endpoint that was sent something, failed once and was logged: every place that a secret might leak to. */
const deliverOnceWell = async (app: TestApp) => {
  await using receiver = await startReceiver()
  receiver.next(answer(500, { body: 'no' }))
  const endpoint = await subscribe(app.admin, { url: receiver.url, scopes: ['ADMIN'] })
  const { event } = await publishNew(app.admin, 'Sealed')
  await deliveryOf(app.admin, endpoint.id, event.id, ({ attempts }) => attempts.length > 0)
  return endpoint
}

/** As it is, without its prefix, and as bytes would be shown by a bytea column. */
const formsOf = (value: string): string[] => {
  const bare = value.replace(/^(whsec|pw)_/, '')
  const decoded = Buffer.from(bare, 'base64').toString('hex')
  return [value, bare, Buffer.from(value).toString('hex'), Buffer.from(bare).toString('hex'), decoded]
}

/** The tables, in whatever schema, that have the text anywhere in a row: a row's own text shows every column. */
const tablesHolding = async ({ database }: TestApp, text: string): Promise<string[]> => {
  const tables = await database.db.$queryRaw<{ name: string }[]>`
    SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables
    WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')
    ORDER BY 1`
  expect(tables.length).toBeGreaterThan(15)
  const holding: string[] = []
  for (const { name } of tables) {
    const found = await database.db.$queryRawUnsafe<unknown[]>(
      `SELECT 1 FROM ${name} AS t WHERE strpos(t::text, $1) > 0 LIMIT 1`,
      text,
    )
    if (found.length > 0) holding.push(name)
  }
  return holding
}
