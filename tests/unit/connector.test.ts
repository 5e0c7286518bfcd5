import { createServer, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { parseAllow } from '../../src/webhooks/http/url-policy.ts'
import { useSending } from '../support/sending.ts'

const sending = useSending()

describe('TLS and connecting:', () => {
  let server: Server
  const open = new Set<Socket>()
  const listen = (onConnection: (socket: Socket) => void) =>
    new Promise<string>((resolve) => {
      server = createServer((socket) => {
        open.add(socket.on('error', () => {}))
        onConnection(socket)
      }).listen(0, '127.0.0.1', () => {
        const address = server.address()
        resolve(`https://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/`)
      })
    })
  afterEach(() => {
    for (const socket of open) socket.destroy()
    server?.close()
  })

  test('a port that speaks plain HTTP', async () => {
    const outcome = await sending.post(sending.openSender(), sending.receiver.url.replace('http:', 'https:'))
    expect(outcome).toMatchObject({ ok: false, error: 'tls_failed' })
    expect(outcome.reason).toMatch(/^TLS with 127\.0\.0\.1:\d+ failed: [a-z ]+\.$/)
    expect(sending.receiver.requests).toHaveLength(0)
  })

  test('a handshake that is broken off', async () => {
    const url = await listen((socket) => socket.once('data', () => socket.end()))
    expect(await sending.post(sending.openSender(), url)).toMatchObject({
      error: 'tls_failed',
      reason: expect.stringMatching(/failed: the handshake was broken off\.$/),
    })
  })

  test('a handshake that is never answered ends with the time to connect', async () => {
    const url = await listen(() => {})
    const outcome = await sending.post(sending.openSender({ connectTimeoutMs: 100 }), url)
    // And not with the time of all, which is another error.
    expect(outcome).toMatchObject({ ok: false, error: 'timeout_connect' })
  })

  test.each([
    '127.0.0.1',
    '2130706433',
    '0x7f.1',
    '0177.0.0.1',
    '127.1',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
  ])('no connection is ever made to the refused literal %s', async (host) => {
    let connections = 0
    const url = await listen(() => connections++)
    const outcome = await sending.post(
      sending.openSender({ allow: parseAllow([]) }),
      url.replace('127.0.0.1', host),
    )
    expect(outcome).toMatchObject({ ok: false, statusCode: null, error: 'address_not_allowed' })
    expect(outcome.reason).toContain('loopback (127.0.0.0/8)')
    expect(connections).toBe(0)
  })

  describe('a name', () => {
    /** Answers with the next of the lists, and with the last of them from then on. */
    const resolver = (...answers: string[][]) => {
      const asked: string[] = []
      const resolve = async (hostname: string) => {
        const addresses = answers[Math.min(asked.push(hostname), answers.length) - 1] ?? []
        return addresses.map((address) => ({ address }))
      }
      return { asked, resolve }
    }
    const named = (url: string) => url.replace('127.0.0.1', 'hooks.example')
    const noPublicAddress =
      'hooks.example was not found, or is not public. Correct the name; WEBHOOK_ALLOW can open a private one.'
    // The server takes a connection and breaks off its handshake: tls_failed tells that the address was let pass.
    const reached = 'tls_failed'

    test.each([
      ['a private address', ['10.0.0.1'], 'private'],
      ['a v4-mapped one', ['::ffff:10.0.0.1'], 'v4-mapped private'],
      ['a translated one', ['64:ff9b::10.0.0.1'], 'translated private'],
      ['a public one and a private one', ['93.184.216.34', '169.254.169.254'], 'link-local'],
      [
        'a public one and one that translates to a private one',
        ['93.184.216.34', '64:ff9b::a00:1'],
        'translated',
      ],
      ['a private one and one of a local DNS64', ['10.0.0.1', '64:ff9b:1::a00:1'], 'private'],
      ['one of a local DNS64 alone', ['64:ff9b:1::5db8:d822'], 'translated (64:ff9b:1::/48)'],
      ['an opened one and a private one', ['127.0.0.1', '127.0.0.2'], 'loopback'],
      ['no address at all', ['localhost'], 'unreadable'],
    ])('that resolves to %s is refused before any connection', async (_, addresses, rule) => {
      let connections = 0
      const url = await listen(() => connections++)
      const outcome = await sending.post(sending.openSender(resolver(addresses)), named(url))
      expect(outcome).toMatchObject({ ok: false, error: 'address_not_allowed', reason: noPublicAddress })
      expect(outcome.detail).toContain(`hooks.example is not public: ${rule}`)
      expect(connections).toBe(0)
    })

    test.each([
      ['is translated to a public address', ['64:ff9b::7f00:1']],
      ['has a public address and the same one translated', ['127.0.0.1', '64:ff9b::7f00:1']],
      ['has a public address and one of a local DNS64', ['127.0.0.1', '64:ff9b:1::7f00:1']],
    ])('that %s is let pass', async (_, addresses) => {
      const url = await listen((socket) => socket.end())
      // 127.0.0.1 is what these tests open, in the place of a public address; translated, there is no way to it from here.
      const { error } = await sending.post(sending.openSender(resolver(addresses)), named(url))
      expect(error).toBe(addresses.includes('127.0.0.1') ? reached : 'unreachable')
    })

    test('is resolved once for a connection, which goes to the address that was checked', async () => {
      const url = await listen((socket) => socket.end())
      const { asked, resolve } = resolver(['127.0.0.1'], ['10.0.0.1'])
      expect(await sending.post(sending.openSender({ resolve }), named(url))).toMatchObject({
        error: reached,
      })
      expect(asked).toEqual(['hooks.example'])
    })

    test('that is rebound between two attempts is refused in the second', async () => {
      const url = await listen((socket) => socket.end())
      const sender = sending.openSender(resolver(['127.0.0.1'], ['127.0.0.2']))
      expect(await sending.post(sender, named(url))).toMatchObject({ error: reached })
      expect(await sending.post(sender, named(url))).toMatchObject({ error: 'address_not_allowed' })
    })

    test('that is in WEBHOOK_ALLOW goes where it resolves to, http included', async () => {
      const sender = sending.openSender({ allow: parseAllow(['hooks.example']), ...resolver(['127.0.0.1']) })
      expect(await sending.post(sender, named(sending.receiver.url))).toMatchObject({ ok: true })
      expect(sending.receiver.requests[0]?.headers.host).toMatch(/^hooks\.example:\d+$/)
    })

    const failing = (code: string) => () => Promise.reject(Object.assign(new Error('query'), { code }))

    test('that does not exist reads like one that is private, to the byte; the detail is for the log', async () => {
      const missing = [async () => [], failing('ENOTFOUND'), failing('ENODATA'), failing('EBADNAME')]
      const private_ = [async () => [{ address: '10.1.2.3' }], async () => [{ address: 'fd00::1' }]]
      const outcomes = await Promise.all(
        [...missing, ...private_].map((resolve) =>
          sending.post(sending.openSender({ resolve }), 'https://hooks.example/'),
        ),
      )
      const told = outcomes.map(({ detail, ...rest }) => rest)
      for (const outcome of told) expect(outcome).toEqual(told[0])
      expect(told[0]).toMatchObject({ error: 'address_not_allowed', reason: noPublicAddress, durationMs: 0 })
      expect(outcomes.map(({ detail }) => detail)).toEqual([
        'hooks.example has no address.',
        'hooks.example was not found (ENOTFOUND).',
        'hooks.example was not found (ENODATA).',
        'hooks.example was not found (EBADNAME).',
        'hooks.example is not public: private (10.0.0.0/8). WEBHOOK_ALLOW can open it.',
        'hooks.example is not public: private (fc00::/7). WEBHOOK_ALLOW can open it.',
      ])
    })

    test('localhost is named as what it is', async () => {
      const sender = sending.openSender({ allow: parseAllow([]) })
      expect(await sending.post(sender, 'https://localhost/')).toMatchObject({
        error: 'address_not_allowed',
        reason: expect.stringContaining('localhost is not public: loopback'),
      })
    })

    test.each(['ESERVFAIL', 'EREFUSED', 'ECONNREFUSED'])(
      'that the name servers fail for (%s)',
      async (code) => {
        const sender = sending.openSender({ resolve: failing(code) })
        expect(await sending.post(sender, 'https://hooks.example/')).toMatchObject({
          error: 'dns_failed',
          reason: `The name servers failed when asked for hooks.example (${code}).`,
        })
      },
    )

    test('whose name servers are silent is told so within the time to connect, asked for once for all who wait', async () => {
      let asked = 0
      const resolve = () => {
        asked++
        return new Promise<never>(() => {})
      }
      const sender = sending.openSender({ resolve, connectTimeoutMs: 100 })
      const post = () => sending.post(sender, 'https://hooks.example/')
      const outcomes = await Promise.all([post(), post(), post()])
      // Right afterwards, as the rest of a backlog would, nobody waits again.
      outcomes.push(await post(), await post())
      for (const outcome of outcomes)
        expect(outcome).toMatchObject({
          ok: false,
          error: 'dns_timeout',
          reason: 'The name servers did not answer for hooks.example in time.',
        })
      expect(asked).toBe(1)
    })

    test('that is known keeps going beside a hundred that nobody answers for', async () => {
      const resolve = (hostname: string) =>
        hostname === 'hooks.example'
          ? Promise.resolve([{ address: '127.0.0.1' }])
          : new Promise<never>(() => {})
      const sender = sending.openSender({ allow: parseAllow(['hooks.example']), resolve })
      const silent = Array.from({ length: 100 }, (_, index) =>
        sending.post(sender, `https://silent${index}.example/`),
      )
      for (let sent = 0; sent < 5; sent++)
        expect(await sending.post(sender, named(sending.receiver.url))).toMatchObject({ ok: true })
      await sender.close(0)
      expect(new Set((await Promise.all(silent)).map(({ error }) => error))).toEqual(new Set(['stopped']))
    })
  })
})
