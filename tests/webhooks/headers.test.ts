import { expect, test } from 'vitest'
import { createSeal } from '../../src/lib/encryption.ts'
import { withApp } from '../support/app.ts'
import { startReceiver } from '../support/receiver.ts'
import { deliveryOf, issuesOf, subscribe, updateEndpoint } from './subscribing.ts'
import { publishNew } from './writing.ts'

const lent = withApp()

const eventTypes = ['POST_PUBLISHED' as const]
const document = 'subscription { events { id } }'
const url = 'https://receiver.example.com/'
const credential = 'Bearer a-credential-that-nobody-may-read'

test('headers go out with every delivery and only their names can be read', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  const headers = [
    { name: 'Authorization', value: credential },
    { name: 'X-Empty', value: '' },
    { name: 'x-tabbed', value: 'a\tb  c' },
  ]
  const { id } = await subscribe(app.admin, { url: receiver.url, eventTypes, document, headers })
  const { event } = await publishNew(app.admin, 'With headers')
  const [request] = await receiver.waitFor(1)
  const log = await deliveryOf(app.admin, id, event.id, ({ status }) => status === 'DELIVERED')
  const row = await app.database.db.webhookEndpoint.findUniqueOrThrow({ where: { id } })

  expect(request?.headers).toMatchObject({
    authorization: credential,
    'x-empty': '',
    'x-tabbed': 'a\tb  c',
    'content-type': 'application/json',
    'webhook-id': log.id,
  })
  expect(row.headerNames).toEqual(['Authorization', 'X-Empty', 'x-tabbed'])
  expect(JSON.stringify([row, log, app.log], big)).not.toContain(credential)
})

test('headers are replaced as a whole, left alone when absent and cleared by null', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  const headers = [{ name: 'x-one', value: '1' }]
  const { id } = await subscribe(app.admin, { url: receiver.url, eventTypes, document, headers })
  const sent = async (title: string, count: number) => {
    await publishNew(app.admin, title)
    return (await receiver.waitFor(count)).at(-1)?.headers
  }

  await updateEndpoint(app.admin, { id, description: 'Something else' })
  expect(await sent('Left alone', 1)).toMatchObject({ 'x-one': '1' })
  const replaced = await updateEndpoint(app.admin, { id, headers: [{ name: 'x-two', value: '2' }] })
  expect(replaced.headerNames).toEqual(['x-two'])
  const second = await sent('Replaced', 2)
  expect([second?.['x-one'], second?.['x-two']]).toEqual([undefined, '2'])
  expect((await updateEndpoint(app.admin, { id, headers: null })).headerNames).toEqual([])
  expect((await sent('Cleared', 3))?.['x-two']).toBeUndefined()
})

test.for([
  'Webhook-Signature',
  'webhook-anything',
  'Content-Type',
  'content-length',
  'Content-Encoding',
  'Host',
  'connection',
  'User-Agent',
  'Transfer-Encoding',
  'TE',
  'trailer',
  'Upgrade',
  'Keep-Alive',
  'expect',
  'proxy-authorization',
])('%s belongs to the request and is refused', async (name) => {
  expect(await issuesOf(lent.app.admin, { url, headers: [{ name, value: 'x' }] })).toEqual([
    { path: ['input', 'headers', '0'], message: `${name} belongs to the request itself and cannot be set.` },
  ])
})

const good = { name: 'x-good', value: 'fine' }

test.for([
  { fault: 'a line break in a value', header: { name: 'x-a', value: 'a\r\nx-b: c' } },
  { fault: 'a lone line feed in a value', header: { name: 'x-a', value: 'a\nb' } },
  { fault: 'NUL in a value', header: { name: 'x-a', value: 'a\0' } },
  { fault: 'a value with letters beyond ASCII', header: { name: 'x-a', value: 'Zürich' } },
  { fault: 'a value that begins with a space', header: { name: 'x-a', value: ' padded' } },
  { fault: 'an empty name', header: { name: '', value: 'a' } },
  { fault: 'a name with a space', header: { name: 'x a', value: 'a' } },
  { fault: 'a name with a colon', header: { name: 'x:a', value: 'a' } },
  { fault: 'a name with a line break', header: { name: 'x-a\r\nhost', value: 'a' } },
  { fault: 'a name that is there twice', header: { name: 'X-GOOD', value: 'a' } },
])('$fault is an issue at its place in the list, which does not repeat the value', async ({ header }) => {
  const issues = await issuesOf(lent.app.admin, { url, headers: [good, { ...header }] })

  expect(issues).toMatchObject([{ path: ['input', 'headers', '1'] }])
  if (header.value.length > 1) expect(issues[0]?.message).not.toContain(header.value)
})

test('20 headers and 4 KiB are taken, one more of either is not', async () => {
  const { admin } = lent.app
  const many = Array.from({ length: 20 }, (_, index) => ({ name: `x-${index}`, value: 'x' }))
  const large = [{ name: 'x-large', value: 'x'.repeat(4_096 - 'x-large'.length) }]

  await subscribe(admin, { url, headers: many })
  await subscribe(admin, { url, headers: large })

  const path = ['input', 'headers']
  expect(await issuesOf(admin, { url, headers: [...many, good] })).toMatchObject([{ path }])
  expect(await issuesOf(admin, { url, headers: [...large, { name: 'y', value: '' }] })).toMatchObject([
    { path },
  ])
})

test('headers that cannot be opened are a failed attempt that says what to do', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  const { id } = await subscribe(app.admin, { url: receiver.url, eventTypes, document, headers: [good] })
  const sealedHeaders = createSeal('the SECRET_KEY of another installation').seal('[]', `${id}/headers`)
  await app.database.db.webhookEndpoint.update({ where: { id }, data: { sealedHeaders } })
  const { event } = await publishNew(app.admin, 'Under another key')

  const { attempts } = await deliveryOf(app.admin, id, event.id, (delivery) => delivery.attempts.length > 0)

  expect(attempts[0]?.error).toMatch(/^request_invalid: .*headers.*SECRET_KEY differs/)
  expect(receiver.requests).toEqual([])
})

const big = (_key: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value)
