import type { IncomingMessage } from 'node:http'
import { describe, expect, test } from 'vitest'
import { readConfig } from '../../src/config.ts'
import { callerAddress, networkOf, parseAddresses } from '../../src/http/limits/caller-address.ts'

const callerOf = (remoteAddress: string, forwarded: string | undefined, ...trusted: string[]) => {
  const request = { socket: { remoteAddress }, headers: { 'x-forwarded-for': forwarded } }
  return callerAddress(request as unknown as IncomingMessage, parseAddresses(trusted))
}

describe('who calls', () => {
  test.each<[string, string, string | undefined, string[], string]>([
    ['is who connects, when nobody is trusted', '10.0.0.1', '1.2.3.4', [], '10.0.0.1'],
    ['is who connects, when that is no proxy of ours', '9.9.9.9', '1.2.3.4', ['10.0.0.0/8'], '9.9.9.9'],
    ['is who a trusted proxy names', '10.0.0.1', '1.2.3.4', ['10.0.0.1'], '1.2.3.4'],
    [
      'is the last who is not trusted, whatever stands before it',
      '10.0.0.1',
      '6.6.6.6, 1.2.3.4, 10.0.0.2',
      ['10.0.0.0/8'],
      '1.2.3.4',
    ],
    [
      'is the first proxy, when all are trusted',
      '10.0.0.1',
      '10.0.0.3, 10.0.0.2',
      ['10.0.0.0/8'],
      '10.0.0.3',
    ],
    ['is the proxy, when it names nobody', '10.0.0.1', undefined, ['10.0.0.1'], '10.0.0.1'],
    ['is the proxy, when it names no address', '10.0.0.1', '1.2.3.4, unknown', ['10.0.0.1'], '10.0.0.1'],
    ['has no port', '10.0.0.1', '1.2.3.4:5678', ['10.0.0.1'], '1.2.3.4'],
    ['has no port in IPv6 either', '::1', '[2001:db8::1]:80', ['::1'], '2001:db8::1'],
    ['is IPv4 when it comes in the guise of IPv6', '::ffff:10.0.0.1', '1.2.3.4', ['10.0.0.0/8'], '1.2.3.4'],
    ['is not taken for a proxy by a range of all IPv6', '9.9.9.9', '1.2.3.4', ['::/0'], '9.9.9.9'],
  ])('%s', (_name, remote, forwarded, trusted, expected) => {
    expect(callerOf(remote, forwarded, ...trusted)).toBe(expected)
  })
})

test.each([
  ['1.2.3.4', '1.2.3.4'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::', '2001:db8:1:2::/64'],
  ['2001:DB8:0001:0002::9', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['2001:db8:0:0:1::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['64:ff9b::1.2.3.4', '64:ff9b:0:0::/64'],
])('%s is counted as %s', (address, network) => expect(networkOf(address)).toBe(network))

test.each(['proxy.example.com', '10.0.0.0/33', '10.0.0.0/', '::/129', '1.2.3.4/8/8', '10.0.0.0/x'])(
  'a setting that names %j is refused with a line that says so',
  (entry) => {
    const env = { TRUSTED_PROXIES: `10.0.0.1, ${entry}` }
    expect(() => readConfig(env, { TRUSTED_PROXIES: parseAddresses })).toThrow(
      new RegExp(`TRUSTED_PROXIES is wrong: "${entry.replaceAll('.', '\\.')}": not an address`),
    )
  },
)

test.each(['-1', '1.5', 'many', '1e3'])('RATE_LIMIT_PER_MINUTE=%s is refused', (value) =>
  expect(() => readConfig({ RATE_LIMIT_PER_MINUTE: value })).toThrow('RATE_LIMIT_PER_MINUTE'),
)
