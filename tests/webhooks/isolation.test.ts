import { expect, test } from 'vitest'
import { withApp } from '../support/app.ts'
import {
  answer,
  type Behaviour,
  gzipBomb,
  hang,
  hugeBody,
  raw,
  redirect,
  reset,
  startReceiver,
  trickle,
  trickleHead,
} from '../support/receiver.ts'
import { allDelivered, deliveriesTo, deliveryOf, subscribe } from './subscribing.ts'
import { publishNew } from './writing.ts'

const lent = withApp()

const eventTypes = ['POST_PUBLISHED' as const]

test('a receiver that hangs keeps no delivery of another endpoint waiting', async () => {
  const { app } = lent
  await using stuck = await startReceiver()
  await using healthy = await startReceiver()
  stuck.always(hang)
  const hanging = await subscribe(app.admin, { url: stuck.url, eventTypes })
  const { id } = await subscribe(app.admin, { url: healthy.url, eventTypes })
  for (let number = 1; number <= 5; number++) await publishNew(app.admin, `Issue ${number}`)

  await allDelivered(app.admin, id, 5)

  // None of the hanging ones has come to its end, so that the others cannot have waited for one.
  const waiting = await deliveriesTo(app.admin, hanging.id)
  expect(waiting).toHaveLength(5)
  expect(waiting.flatMap(({ attempts }) => attempts)).toEqual([])
  expect(stuck.requests.length).toBeGreaterThan(0)
})

const bad: Record<string, Behaviour> = {
  'answers 500': answer(500),
  hangs: hang,
  'trickles its body': trickle(),
  'trickles its head': trickleHead(),
  resets: reset,
  redirects: redirect('http://169.254.169.254/'),
  'sends 200 MB': hugeBody(200 * 1024 * 1024),
  'sends a gzip bomb': gzipBomb(),
  'speaks no HTTP': raw('SSH-2.0-OpenSSH_9.2\r\n'),
}

test('the good endpoint beside bad ones of every kind gets everything', async () => {
  const { app } = lent
  await using healthy = await startReceiver()
  await using others = await startReceiver()
  others.always((response, request) =>
    bad[decodeURIComponent(request.url?.slice(1) ?? '')]?.(response, request),
  )
  for (const kind of Object.keys(bad))
    await subscribe(app.admin, { url: others.url + encodeURIComponent(kind), eventTypes })
  const { id } = await subscribe(app.admin, { url: healthy.url, eventTypes })
  for (let number = 1; number <= 5; number++) await publishNew(app.admin, `Among the bad ${number}`)

  await allDelivered(app.admin, id, 5)

  expect(healthy.requests).toHaveLength(5)
  expect(new Set(others.requests.map(({ path }) => path)).size).toBe(Object.keys(bad).length)
})

const readable: { kind: string; outcome: object }[] = [
  { kind: 'answers 500', outcome: { status: 'PENDING', error: /^status: Answered 500/ } },
  { kind: 'resets', outcome: { status: 'PENDING', error: /^reset: .* closed the connection/ } },
  { kind: 'redirects', outcome: { status: 'PENDING', error: /^redirect: Answered 302/ } },
  { kind: 'speaks no HTTP', outcome: { status: 'PENDING', error: /^response_invalid: .* no valid HTTP/ } },
  // The status is the answer: what becomes of the body changes nothing.
  { kind: 'sends 200 MB', outcome: { status: 'DELIVERED', error: null } },
  { kind: 'sends a gzip bomb', outcome: { status: 'DELIVERED', error: null } },
]

test.for(readable)('a receiver that $kind leaves one readable reason', async ({ kind, outcome }) => {
  const { app } = lent
  await using receiver = await startReceiver()
  receiver.always(bad[kind] ?? hang)
  const { id } = await subscribe(app.admin, { url: receiver.url, eventTypes })
  const { event } = await publishNew(app.admin, kind)

  const { status, attempts } = await deliveryOf(app.admin, id, event.id, (found) => found.attempts.length > 0)
  const [attempt] = attempts

  const { error, ...rest } = outcome as { error: RegExp | null; status: string }
  expect({ status }).toEqual(rest)
  if (error) expect(attempt?.error).toMatch(error)
  else expect(attempt?.error).toBeNull()
  expect(Buffer.byteLength(attempt?.responseBody ?? '')).toBeLessThanOrEqual(16 * 1024)
})
