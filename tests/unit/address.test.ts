import { describe, expect, test } from 'vitest'
import { addressProblem, nameProblem, parseAllow, urlProblem } from '../../src/webhooks/http/url-policy.ts'

const nothing = parseAllow([])
const hostOf = (url: string) => new URL(url).hostname.replace(/^\[|\]$/g, '')
const literalProblem = (url: string, allow = nothing) => addressProblem(hostOf(url), hostOf(url), allow)

describe('addressProblem names the rule that refuses', () => {
  test.each([
    ['0.0.0.0', 'unspecified'],
    ['0.1.2.3', 'unspecified'],
    ['127.0.0.1', 'loopback'],
    ['127.255.255.254', 'loopback'],
    ['10.0.0.1', 'private'],
    ['172.16.0.1', 'private'],
    ['172.31.255.255', 'private'],
    ['192.168.1.1', 'private'],
    ['100.64.0.1', 'carrier-grade NAT'],
    ['100.100.100.200', 'carrier-grade NAT'],
    ['169.254.169.254', 'link-local'],
    ['168.63.129.16', 'cloud metadata'],
    ['192.0.0.192', 'protocol assignment'],
    ['192.0.2.1', 'documentation'],
    ['198.51.100.1', 'documentation'],
    ['203.0.113.1', 'documentation'],
    ['192.88.99.1', 'translated'],
    ['198.18.0.1', 'benchmark'],
    ['198.19.255.255', 'benchmark'],
    ['224.0.0.1', 'multicast'],
    ['239.255.255.255', 'multicast'],
    ['240.0.0.1', 'reserved'],
    ['255.255.255.255', 'broadcast'],
    ['::', 'unspecified'],
    ['::1', 'loopback'],
    ['0:0:0:0:0:0:0:1', 'loopback'],
    ['fc00::1', 'private'],
    ['fd00:ec2::254', 'private'],
    ['fec0::1', 'private'],
    ['fe80::1', 'link-local'],
    ['fe80::1%eth0', 'link-local'],
    ['febf::1', 'link-local'],
    ['ff02::1', 'multicast'],
    ['2001:db8::1', 'documentation'],
    ['3fff::1', 'documentation'],
    ['2001:2::1', 'benchmark'],
    ['2001:20::1', 'protocol assignment'],
    ['64:ff9b::7f00:1', 'translated loopback (127.0.0.0/8)'],
    ['64:ff9b::10.0.0.1', 'translated private (10.0.0.0/8)'],
    ['64:ff9b:0:0:0:0:c0a8:1', 'translated private (192.168.0.0/16)'],
    ['64:ff9b::a9fe:a9fe', 'translated link-local'],
    ['64:ff9b::', 'translated unspecified'],
    ['64:ff9b::1', 'translated unspecified'],
    ['64:ff9b::7f00:0', 'translated loopback'],
    ['64:ff9b::7f00:1%eth0', 'translated unreadable'],
    ['64:ff9b:1::1', 'translated (64:ff9b:1::/48)'],
    ['64:ff9b:1::808:808', 'translated (64:ff9b:1::/48)'],
    ['64:ff9b:0:1::808:808', 'reserved'],
    ['2002:7f00:1::', 'translated'],
    ['2001:0:7f00:1::', 'translated'],
    ['::127.0.0.1', 'translated'],
    ['::ffff:0:127.0.0.1', 'translated'],
    ['::ffff:127.0.0.1', 'v4-mapped loopback'],
    ['::ffff:a00:1', 'v4-mapped private'],
    ['0:0:0:0:0:ffff:a9fe:a9fe', 'v4-mapped link-local'],
    ['0:0:0:0:0:ffff:7f00::', 'v4-mapped loopback'],
    ['::ffff:8.8.8.8', 'v4-mapped (::ffff:0:0/96)'],
    ['100::1', 'reserved'],
    ['5f00::1', 'reserved'],
    ['4000::1', 'reserved'],
    ['not an address', 'unreadable'],
    ['', 'unreadable'],
  ])('%s: %s', (ip, rule) => {
    expect(addressProblem(ip, 'hooks.example', nothing)).toContain(`: ${rule}`)
  })

  test.each([
    ['http://2130706433/', 'loopback'],
    ['http://0x7f000001/', 'loopback'],
    ['http://017700000001/', 'loopback'],
    ['http://0177.0.0.1/', 'loopback'],
    ['http://0x7f.1/', 'loopback'],
    ['http://127.1/', 'loopback'],
    ['http://127.0.0.1./', 'loopback'],
    ['http://①②⑦.0.0.1/', 'loopback'],
    ['http://127。0。0。1/', 'loopback'],
    ['http://%31%32%37.0.0.1/', 'loopback'],
    ['http://0/', 'unspecified'],
    ['http://0xa9fea9fe/', 'link-local'],
    ['http://[::ffff:127.0.0.1]/', 'v4-mapped loopback'],
    ['http://[0:0:0:0:0:ffff:7f00:1]/', 'v4-mapped loopback'],
    ['http://[::FFFF:A9FE:A9FE]/', 'v4-mapped link-local'],
    ['http://[::127.0.0.1]/', 'translated'],
    ['http://[::1]/', 'loopback'],
  ])('in the spelling %s: %s', (url, rule) => {
    expect(literalProblem(url)).toContain(`: ${rule}`)
  })

  test.each([
    '8.8.8.8',
    '1.1.1.1',
    '172.15.255.255',
    '172.32.0.0',
    '100.128.0.1',
    '168.63.129.17',
    '223.255.255.255',
    '64:ff9b::8.8.8.8',
    '64:ff9b::5db8:d822',
    '64:FF9B:0:0::5db8:d822',
  ])('the public address %s passes', (ip) => expect(addressProblem(ip, 'hooks.example', nothing)).toBeNull())

  test.each(['2606:4700:4700::1111', '2a00:1450:4001::200e', '2001:4860:4860::8888', '2003::1', '3ffe::1'])(
    'the public address %s passes',
    (ip) => expect(addressProblem(ip, 'hooks.example', nothing)).toBeNull(),
  )

  test('the sentence says what to do; of a name there is one that says nothing of its address', () => {
    expect(addressProblem('127.0.0.1', '127.0.0.1', nothing)).toBe(
      '127.0.0.1 is not public: loopback (127.0.0.0/8). WEBHOOK_ALLOW can open it.',
    )
    expect(nameProblem('intranet.example')).toBe(
      'intranet.example was not found, or is not public. Correct the name; WEBHOOK_ALLOW can open a private one.',
    )
  })
})

describe('WEBHOOK_ALLOW', () => {
  test('a CIDR range opens its addresses, under every name, and no others', () => {
    const allow = parseAllow(['10.0.0.0/8', 'fd00::/8'])
    for (const ip of ['10.1.2.3', 'fd12::1', '::ffff:10.1.2.3']) {
      expect(addressProblem(ip, 'intranet.example', allow), ip).toBeNull()
    }
    for (const ip of ['127.0.0.1', '192.168.0.1', 'fc00::1', '::ffff:127.0.0.1']) {
      expect(addressProblem(ip, 'intranet.example', allow), ip).not.toBeNull()
    }
  })

  test('an address opens itself alone', () => {
    const allow = parseAllow(['127.0.0.1', '[::1]'])
    expect(literalProblem('http://2130706433/', allow)).toBeNull()
    expect(literalProblem('http://[::1]/', allow)).toBeNull()
    expect(addressProblem('127.0.0.2', 'hooks.example', allow)).toContain('loopback')
    expect(addressProblem('::2', 'hooks.example', allow)).toContain('translated')
  })

  test('a host name opens that host, whatever it resolves to, and no other', () => {
    const allow = parseAllow(['Intranet.Example.', 'bücher.example', 'my_service'])
    for (const host of ['intranet.example', 'intranet.example.', 'xn--bcher-kva.example', 'my_service']) {
      expect(addressProblem('10.1.2.3', host, allow), host).toBeNull()
      expect(addressProblem('::1', host, allow), host).toBeNull()
    }
    for (const host of [
      'other.example',
      'sub.intranet.example',
      'intranet.example.evil.example',
      '10.1.2.3',
    ]) {
      expect(addressProblem('10.1.2.3', host, allow), host).not.toBeNull()
    }
  })

  test('a range over all of IPv6 opens no IPv4 address, mapped or plain', () => {
    const allow = parseAllow(['::/0'])
    expect(addressProblem('fd00::1', 'hooks.example', allow)).toBeNull()
    expect(addressProblem('127.0.0.1', 'hooks.example', allow)).toContain('loopback')
    expect(addressProblem('::ffff:127.0.0.1', 'hooks.example', allow)).toContain('v4-mapped loopback')
  })

  test.each([['64:ff9b::/96'], ['64:ff9b::/32'], ['::/0']])(
    '%s opens none of the private IPv4 addresses that are translated into it',
    (entry) => {
      const allow = parseAllow([entry])
      for (const inner of ['10.0.0.1', '127.0.0.1', '169.254.169.254'])
        expect(addressProblem(`64:ff9b::${inner}`, 'hooks.example', allow), inner).toContain('translated')
      expect(addressProblem('64:ff9b::8.8.8.8', 'hooks.example', allow)).toBeNull()
    },
  )

  test('an IPv4 range opens what is translated from it', () => {
    const allow = parseAllow(['10.0.0.0/8'])
    expect(addressProblem('64:ff9b::10.0.0.1', 'hooks.example', allow)).toBeNull()
    expect(addressProblem('64:ff9b::127.0.0.1', 'hooks.example', allow)).not.toBeNull()
  })

  test.each([
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '10.0.0/8',
    'fd00::/129',
    'intranet.example/8',
    '::ffff:10.0.0.0/104',
    '::ffff:127.0.0.1',
    '64:ff9b::a00:0/104',
    '64:ff9b::10.0.0.1',
    'localhost:3000',
    '[::1]:3000',
    'https://intranet.example',
    '*.example',
    'user@intranet.example',
    'two words',
    '256.256.256.256',
    '',
  ])('the entry %j is refused by name', (entry) => {
    expect(() => parseAllow(['localhost', entry])).toThrow(`WEBHOOK_ALLOW has "${entry}": `)
  })

  test('every bad entry is named at once', () => {
    expect(() => parseAllow(['*', '10.0.0.0/8', 'a:1'])).toThrow(/"\*".*"a:1"/)
  })
})

describe('urlProblem', () => {
  const allow = parseAllow(['intranet.example', '10.0.0.0/8', '::1'])

  test.each([
    'https://hooks.example/a?b=c',
    'https://hooks.example:8443/',
    'https://10.0.0.1/',
    'http://intranet.example:8080/hook',
    'http://INTRANET.example/',
    'http://intranet.example./',
    'http://10.1.2.3/',
    'http://[::1]:3000/',
    'http://0x0a010203/',
  ])('%s is fine', (url) => expect(urlProblem(url, allow)).toBeNull())

  test.each([
    ['http://hooks.example/', 'Use https, or add hooks.example to WEBHOOK_ALLOW.'],
    ['http://127.0.0.1/', 'Use https, or add 127.0.0.1 to WEBHOOK_ALLOW.'],
    ['http://[fe80::1]/', 'add fe80::1 to WEBHOOK_ALLOW.'],
    ['http://intranet.example.evil.example/', 'Use https'],
    ['ftp://hooks.example/', 'begins with ftp: Use https.'],
    ['file:///etc/passwd', 'begins with file:'],
    ['javascript:alert(1)', 'begins with javascript:'],
    ['https://user@hooks.example/', 'user name or password'],
    ['https://:secret@hooks.example/', 'user name or password'],
    ['http://intranet.example@hooks.example/', 'user name or password'],
    ['https://hooks.example/#part', 'fragment'],
    ['https://hooks.example/#', 'fragment'],
    ['hooks.example', 'cannot be read'],
    ['/hook', 'cannot be read'],
    ['https://', 'cannot be read'],
    ['', 'cannot be read'],
  ])('%s is refused, saying why', (url, why) => expect(urlProblem(url, allow)).toContain(why))
})
