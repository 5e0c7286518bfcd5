import { describe, expect, test } from 'vitest'
import { parseAllow } from '../../src/webhooks/http/url-policy.ts'
import { answer, type Behaviour, hang, raw, redirect, reset, startReceiver } from '../support/receiver.ts'
import { useSending } from '../support/sending.ts'

const sending = useSending()

describe('an answer', () => {
  test('of 200 is a success, and the request arrived as it was given', async () => {
    sending.receiver.next(answer(200, { headers: { 'x-trace': 'a1' }, body: 'thanks' }))
    const request = {
      url: `${sending.receiver.url}hook?site=1`,
      headers: { 'webhook-id': 'delivery_01' },
      body: '{"ü":1}',
    }
    expect(await sending.openSender().send(request)).toEqual({
      ok: true,
      statusCode: 200,
      error: null,
      reason: null,
      durationMs: expect.any(Number),
      responseHeaders: expect.objectContaining({ 'x-trace': 'a1' }),
      responseBody: 'thanks',
      retryAfter: null,
    })
    const [got] = sending.receiver.requests
    expect([got?.method, got?.path, got?.body.toString()]).toEqual(['POST', '/hook?site=1', '{"ü":1}'])
    expect(got?.headers).toMatchObject({ 'webhook-id': 'delivery_01', 'content-length': '8' })
  })

  test('a body given as bytes is sent byte for byte', async () => {
    const body = Buffer.from([0, 255, 128, 10])
    await sending.openSender().send({ url: sending.receiver.url, headers: {}, body })
    expect(sending.receiver.requests[0]?.body).toEqual(body)
  })

  test.each([201, 202, 204, 299])('of %d is a success', async (status) => {
    sending.receiver.next(answer(status))
    expect(await sending.post(sending.openSender())).toMatchObject({
      ok: true,
      statusCode: status,
      error: null,
      reason: null,
    })
  })

  test.each([
    [400, 'Answered 400 Bad Request.'],
    [410, 'Answered 410 Gone.'],
    [429, 'Answered 429 Too Many Requests.'],
    [500, 'Answered 500 Internal Server Error.'],
    [599, 'Answered 599.'],
  ])('of %d is a failure with its body kept', async (status, reason) => {
    sending.receiver.next(answer(status, { headers: { 'retry-after': '7' }, body: 'no' }))
    const expected = {
      ok: false,
      statusCode: status,
      error: 'status',
      reason,
      responseBody: 'no',
      retryAfter: '7',
    }
    expect(await sending.post(sending.openSender())).toMatchObject(expected)
  })

  test.each([301, 302, 303, 307, 308])(
    'of %d is a failure, and the redirect is never followed',
    async (status) => {
      const elsewhere = await startReceiver()
      sending.receiver.next(redirect(elsewhere.url, status))
      const outcome = await sending.post(sending.openSender())
      expect(outcome).toMatchObject({ ok: false, statusCode: status, error: 'redirect' })
      expect(outcome.reason).toContain('redirects are not followed')
      expect(outcome.responseHeaders?.location).toBe(elsewhere.url)
      expect([sending.receiver.requests.length, elsewhere.requests.length]).toEqual([1, 0])
      await elsewhere.close()
    },
  )

  test('that is only announced (103) is waited for', async () => {
    sending.receiver.next((response) =>
      response.writeEarlyHints({ link: '</a>; rel=preload' }, () => response.end('ok')),
    )
    expect(await sending.post(sending.openSender())).toMatchObject({
      ok: true,
      statusCode: 200,
      responseBody: 'ok',
    })
    sending.receiver.next((response) =>
      response.writeEarlyHints({ link: '</a>; rel=preload' }, () => response.destroy()),
    )
    expect(await sending.post(sending.openSender())).toMatchObject({
      ok: false,
      statusCode: null,
      error: 'reset',
    })
  })

  test('keeps repeated headers, and loses what PostgreSQL cannot hold', async () => {
    sending.receiver.next((response) => {
      response
        .writeHead(
          200,
          [
            ['x-a', '1'],
            ['x-a', '2'],
          ].flat(),
        )
        .end(Buffer.from('a\0b\xffc', 'latin1'))
    })
    const outcome = await sending.post(sending.openSender())
    expect(outcome.responseHeaders?.['x-a']).toBe('1, 2')
    expect(outcome.responseBody).toBe('ab\ufffdc')
  })
})

describe('a transport failure has one code and one sentence:', () => {
  test('nobody listens, and listens again', async () => {
    const sender = sending.openSender()
    await sending.receiver.down()
    const outcome = await sending.post(sender)
    expect(outcome).toMatchObject({
      ok: false,
      statusCode: null,
      error: 'connection_refused',
      retryAfter: null,
    })
    expect(outcome.reason).toMatch(/^127\.0\.0\.1:\d+ refused the connection\.$/)
    await sending.receiver.up()
    expect(await sending.post(sender)).toMatchObject({ ok: true })
  })

  test.each([
    ['a reset', reset, 'reset'],
    ['an end without an answer', raw(''), 'reset'],
    ['an end within the head', raw('HTTP/1.1 200 OK\r\nx-a: b'), 'reset'],
    [
      'a length that is said twice',
      raw('HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'),
      'response_invalid',
    ],
    ['no HTTP at all', raw('SSH-2.0-OpenSSH_9.2\r\n'), 'response_invalid'],
    ['a malformed head', raw('HTTP/1.1 200 OK\r\nno colon here\r\n\r\n'), 'response_invalid'],
    ['a head without end', raw(`HTTP/1.1 200 OK\r\nx-a: ${'a'.repeat(100_000)}\r\n\r\n`), 'response_invalid'],
    [
      'an upgrade nobody asked for',
      raw('HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'),
      'response_invalid',
    ],
  ])('%s', async (_, behaviour, error) => {
    sending.receiver.next(behaviour)
    const outcome = await sending.post(sending.openSender())
    expect(outcome).toMatchObject({ ok: false, statusCode: null, error, responseBody: null })
    expect(outcome.reason).toMatch(/^127\.0\.0\.1:\d+ .*\.$/)
  })

  test('a body that breaks off leaves the status as it was', async () => {
    sending.receiver.next(raw('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\npart'))
    const reason = "The answer's body broke off."
    expect(await sending.post(sending.openSender())).toMatchObject({
      ok: true,
      statusCode: 200,
      reason,
      responseBody: 'part',
    })
  })

  test.each<Record<string, string>>([
    { 'x-bad': 'line\r\nbreak' },
    { 'bad name': 'x' },
    { 'transfer-encoding': 'chunked' },
  ])('a header that cannot be sent: %j', async (headers) => {
    const outcome = await sending.openSender().send({ url: sending.receiver.url, headers, body: '{}' })
    expect(outcome).toMatchObject({ ok: false, error: 'request_invalid' })
    expect(sending.receiver.requests).toHaveLength(0)
  })
})

describe('connections', () => {
  test('are used again', async () => {
    const ports = new Set<number | undefined>()
    sending.receiver.always((response, request) => {
      ports.add(request.socket.remotePort)
      response.end('ok')
    })
    const sender = sending.openSender()
    for (let i = 0; i < 10; i++) await sending.post(sender)
    expect(sending.receiver.requests).toHaveLength(10)
    expect(ports.size).toBeLessThanOrEqual(2) // undici lets a connection rest for one turn of the event loop
  })

  test('are not used for ever: a receiver that has moved is found, however busy the old connection', async () => {
    let address = '127.0.0.1'
    const resolve = async () => [{ address }]
    const sender = sending.openSender({
      allow: parseAllow(['hooks.example']),
      resolve,
      connectionMaxAgeMs: 20,
    })
    const url = sending.receiver.url.replace('127.0.0.1', 'hooks.example')
    for (let i = 0; i < 4; i++) expect(await sending.post(sender, url)).toMatchObject({ ok: true }) // opens all it will need
    address = '127.0.0.2' // nobody listens there
    await expect
      .poll(() => sending.post(sender, url), { interval: 1 })
      .toMatchObject({ error: 'connection_refused' })
  })

  test('that hang hold up no other delivery, to the same receiver or to another', async () => {
    const other = await startReceiver()
    const sender = sending.openSender({ totalTimeoutMs: 60_000 })
    sending.receiver.next(hang, hang, hang, hang)
    const hanging = [1, 2, 3, 4].map(() => sending.post(sender))
    await sending.receiver.waitFor(4)
    expect(await sending.post(sender)).toMatchObject({ ok: true })
    expect(await sending.post(sender, other.url)).toMatchObject({ ok: true })
    await sender.close(0)
    for (const outcome of await Promise.all(hanging)) expect(outcome).toMatchObject({ error: 'stopped' })
    await other.close()
  })
})

describe('a connection that was kept and is closed when it is used again', () => {
  /** Does as told with each request on a connection that has had one before, and answers all others. */
  const onceUsed = (behaviour: Behaviour): Behaviour => {
    const known = new WeakSet<object>()
    return (response, request) => {
      if (known.has(request.socket)) return behaviour(response, request)
      known.add(request.socket)
      response.end('ok')
    }
  }

  test.each([
    ['reset', reset],
    ['ended', raw('')],
  ])('(%s) costs no attempt: the request is sent once more on a new one', async (_, behaviour) => {
    sending.receiver.always(onceUsed(behaviour))
    const sender = sending.openSender()
    for (let sent = 0; sent < 9; sent++) expect(await sending.post(sender)).toMatchObject({ ok: true })
    const again = sending.receiver.requests.filter(({ headers }) => headers.connection === 'close')
    expect(again.length).toBeGreaterThan(0)
    expect(sending.receiver.requests).toHaveLength(9 + again.length)
  })

  test('is tried once more and no oftener', async () => {
    const sender = sending.openSender()
    // undici lets a connection rest for one turn of the event loop: whichever it takes, both have been used.
    for (let sent = 0; sent < 3; sent++) await sending.post(sender)
    sending.receiver.always(reset)
    const before = sending.receiver.requests.length
    expect(await sending.post(sender)).toMatchObject({ ok: false, error: 'reset' })
    expect(sending.receiver.requests.length - before).toBe(2)
  })

  test('is not tried again after a byte of an answer', async () => {
    sending.receiver.always(onceUsed(raw('HTTP/1.1 200')))
    const sender = sending.openSender()
    const outcomes = []
    for (let sent = 0; sent < 4; sent++) outcomes.push(await sending.post(sender))
    expect(outcomes.map(({ error }) => error)).toContain('reset')
    expect(sending.receiver.requests).toHaveLength(4)
  })

  test('a new connection that is reset is a failure at once', async () => {
    sending.receiver.always(reset)
    expect(await sending.post(sending.openSender())).toMatchObject({ ok: false, error: 'reset' })
    expect(sending.receiver.requests).toHaveLength(1)
  })

  test('the second time is within the same total time-out', async () => {
    const sender = sending.openSender({ totalTimeoutMs: 1_000 })
    for (let sent = 0; sent < 3; sent++) await sending.post(sender)
    sending.receiver.next(reset, hang)
    expect(await sending.post(sender)).toMatchObject({ ok: false, error: 'timeout' })
  })
})

describe('a URL that is not allowed', () => {
  test.each([
    'http://hooks.example/',
    'https://user:pw@127.0.0.1/',
    'https://127.0.0.1/#x',
    'ftp://127.0.0.1/',
    'nonsense',
  ])('%s is an outcome, and nothing is resolved or sent', async (url) => {
    const resolve = () => Promise.reject(new Error('must not be asked'))
    const outcome = await sending.post(sending.openSender({ resolve }), url)
    expect(outcome).toMatchObject({ ok: false, statusCode: null, error: 'url_not_allowed', durationMs: 0 })
  })
})

describe('close', () => {
  test('lets what is in flight end', async () => {
    const release = Promise.withResolvers<void>()
    sending.receiver.next((response) => void release.promise.then(() => response.end('late')))
    const sender = sending.openSender()
    const inFlight = sending.post(sender)
    await sending.receiver.waitFor(1)
    const closed = sender.close()
    release.resolve()
    await closed
    expect(await inFlight).toMatchObject({ ok: true, responseBody: 'late' })
  })

  test('cuts it when the grace is over, and sends nothing afterwards', async () => {
    sending.receiver.next(hang)
    const sender = sending.openSender()
    const inFlight = sending.post(sender)
    await sending.receiver.waitFor(1)
    await sender.close(10)
    expect(await inFlight).toMatchObject({ ok: false, error: 'stopped' })
    expect(await sending.post(sender)).toMatchObject({ ok: false, error: 'stopped' })
    expect(sending.receiver.requests).toHaveLength(1)
  })
})
