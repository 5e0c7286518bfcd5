import { describe, expect, test } from 'vitest'
import { parseAllow } from '../../src/webhooks/http/url-policy.ts'
import { answer, gzipBomb, hang, hugeBody, trickle, trickleHead } from '../support/receiver.ts'
import { useSending } from '../support/sending.ts'

const sending = useSending()
const keptBytes = 16 * 1024

describe('a body is read to 16 KiB at most:', () => {
  test('exactly 16 KiB is whole', async () => {
    sending.receiver.next(answer(200, { body: 'x'.repeat(keptBytes) }))
    expect(await sending.post(sending.openSender())).toMatchObject({
      ok: true,
      reason: null,
      responseBody: 'x'.repeat(keptBytes),
    })
  })

  test('200 MB is cut, the connection closed, and a 200 is still a success', async () => {
    const closed = Promise.withResolvers<number>()
    sending.receiver.next((response, request) => {
      response.socket?.on('close', () => closed.resolve(request.socket.bytesWritten))
      hugeBody(200_000_000)(response, request)
    })
    const outcome = await sending.post(sending.openSender())
    expect(outcome).toMatchObject({ ok: true, statusCode: 200, error: null })
    expect(outcome.reason).toBe("The answer's body was cut at 16 KiB.")
    expect(outcome.responseBody).toHaveLength(keptBytes)
    expect(await closed.promise).toBeLessThan(20_000_000) // what the buffers between the two hold, far from all of it
  })

  test('a 500 says both', async () => {
    sending.receiver.next(hugeBody(1_000_000, 500))
    const reason = "Answered 500 Internal Server Error. The answer's body was cut at 16 KiB."
    expect(await sending.post(sending.openSender())).toMatchObject({ ok: false, error: 'status', reason })
  })

  test('a gzip bomb stays packed', async () => {
    sending.receiver.next(gzipBomb())
    const outcome = await sending.post(sending.openSender())
    expect(outcome).toMatchObject({ ok: true, responseHeaders: { 'content-encoding': 'gzip' } })
    expect(outcome.responseBody?.length).toBeLessThanOrEqual(keptBytes)
    expect(outcome.responseBody).toContain('\u001f')
  })
})

describe('the total time-out covers', () => {
  const options = { totalTimeoutMs: 150 }
  const timedOut = {
    ok: false,
    statusCode: null,
    error: 'timeout',
    responseBody: null,
    responseHeaders: null,
  }

  test.each([
    ['a receiver that never answers', hang],
    ['one that answers too late', answer(200, { delayMs: 60_000 })],
    ['one whose head never ends', trickleHead()],
  ])('%s', async (_, behaviour) => {
    sending.receiver.next(behaviour)
    const outcome = await sending.post(sending.openSender(options))
    expect(outcome).toMatchObject(timedOut)
    expect(outcome.reason).toMatch(/^127\.0\.0\.1:\d+ did not answer within 0\.15 s\.$/)
    // A timer may ring a millisecond early.
    expect(outcome.durationMs).toBeGreaterThanOrEqual(149)
  })

  test.each([
    [200, { ok: true, error: null, reason: "The answer's body was cut at 0.15 s." }],
    [503, { ok: false, error: 'status' }],
  ])('a %d whose body never ends, and the status counts', async (status, expected) => {
    const closed = Promise.withResolvers<void>()
    sending.receiver.next((response, request) => {
      response.on('close', closed.resolve)
      trickle(status)(response, request)
    })
    const outcome = await sending.post(sending.openSender(options))
    expect(outcome).toMatchObject({
      ...expected,
      statusCode: status,
      responseBody: expect.stringMatching(/^\.+$/),
    })
    await closed.promise // nothing more is read
  })

  test('a resolver that never answers, and what it says later sends nothing', async () => {
    const address = Promise.withResolvers<{ address: string }[]>()
    const resolve = () => address.promise
    const sender = sending.openSender({ allow: parseAllow(['hooks.example']), resolve, totalTimeoutMs: 50 })
    const url = sending.receiver.url.replace('127.0.0.1', 'hooks.example')
    expect(await sending.post(sender, url)).toMatchObject({ ok: false, error: 'timeout' })
    address.resolve([{ address: '127.0.0.1' }])
    sending.receiver.next(answer(201))
    expect(await sending.post(sender, url)).toMatchObject({ ok: true, statusCode: 201 })
    expect(sending.receiver.requests).toHaveLength(1)
  })
})
