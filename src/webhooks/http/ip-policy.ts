import { BlockList, isIP } from 'node:net'

/**
 * The rule by which an IP address is not a public one, such as `loopback (127.0.0.0/8)`, or null. It fails
 * closed: text that is no address has a rule against it too.
 */
export const ruleAgainst = (ip: string): string | null => {
  const family = isIP(ip)
  if (family === 4) return v4Rules.find(({ list }) => list.check(ip))?.name ?? null
  if (family !== 6) return 'unreadable'
  const translated = translatedIpv4(ip)
  if (translated !== null) {
    const rule = ruleAgainst(translated)
    return rule && `translated ${rule}`
  }
  if (!isMapped(ip)) return v6Rules.find(({ list }) => list.check(ip, 'ipv6'))?.name ?? null
  const inner = v4Rules.find(({ list }) => list.check(ip, 'ipv6')) // BlockList looks inside mapped ones itself
  return `v4-mapped ${inner?.name ?? `(${mappedRange})`}`
}

/** Whether this IPv6 address is an IPv4 one in disguise (`::ffff:127.0.0.1`, in any spelling). */
export const isMapped = (ip: string): boolean => mapped.check(ip, 'ipv6')

/**
 * The IPv4 address that a NAT64 gateway reaches under this IPv6 one (RFC 6052), or null: networks without IPv4 have a DNS64
 * that gives every IPv4 host such an address. Text for one that cannot be read is no address, which has a rule against it.
 */
export const translatedIpv4 = (ip: string): string | null => {
  if (!nat64.check(ip, 'ipv6')) return null
  // The URL parser writes an IPv6 address in one way: here the prefix, a gap, and the last groups.
  const [, groups] = /^\[64:ff9b::(.*)\]$/.exec(URL.parse(`http://[${ip}]/`)?.hostname ?? '') ?? []
  if (groups === undefined) return 'unreadable'
  const [low = 0, high = 0] = groups
    .split(':')
    .reverse()
    .map((group) => Number.parseInt(group || '0', 16))
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}

/** Whether a DNS64 made this address with a prefix of its network's own, by which nobody else can tell what is inside. */
export const isTranslatedLocally = (ip: string): boolean => localNat64.check(ip, 'ipv6')

/** Adds a range such as `10.0.0.0/8` or `fd00::/8`, which the caller has checked. */
export const addRange = (range: string, list: BlockList): void => {
  const [network = '', bits] = range.split('/')
  list.addSubnet(network, Number(bits), isIP(network) === 4 ? 'ipv4' : 'ipv6')
}

const mappedRange = '::ffff:0:0/96'
const blockList = (range: string): BlockList => {
  const list = new BlockList()
  addRange(range, list)
  return list
}

// In a list of its own: in one with others it would take every IPv4 address for a match.
const mapped = blockList(mappedRange)

const localNat64Range = '64:ff9b:1::/48' // RFC 8215
const nat64 = blockList('64:ff9b::/96')
const localNat64 = blockList(localNat64Range)

type Rule = { name: string; list: BlockList }

const rules = (name: string, ...ranges: string[]): Rule[] =>
  ranges.map((range) => ({ name: `${name} (${range})`, list: blockList(range) }))

// After IANA's special-purpose address registries for IPv4 and IPv6; the first match names the rule.
const v4Rules: readonly Rule[] = [
  ...rules('unspecified', '0.0.0.0/8'),
  ...rules('loopback', '127.0.0.0/8'),
  ...rules('private', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'),
  ...rules('carrier-grade NAT', '100.64.0.0/10'),
  ...rules('link-local', '169.254.0.0/16'), // with most clouds' metadata at 169.254.169.254
  ...rules('cloud metadata', '168.63.129.16/32'), // Azure's wire server: a public number, answered by the host
  ...rules('protocol assignment', '192.0.0.0/24'),
  ...rules('documentation', '192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24'),
  ...rules('translated', '192.88.99.0/24'), // 6to4 relays, RFC 7526
  ...rules('benchmark', '198.18.0.0/15'),
  ...rules('multicast', '224.0.0.0/4'),
  ...rules('broadcast', '255.255.255.255/32'),
  ...rules('reserved', '240.0.0.0/4'),
]

const v6Rules: readonly Rule[] = [
  ...rules('unspecified', '::/128'),
  ...rules('loopback', '::1/128'),
  // Each holds an IPv4 address that a gateway would reach: local NAT64, 6to4, Teredo, IPv4-compatible (RFC 4291),
  // IPv4-translated (RFC 2765). Of NAT64's public prefix the address inside is judged.
  ...rules('translated', localNat64Range, '2002::/16', '2001::/32', '::/96', '::ffff:0:0:0/96'),
  ...rules('private', 'fc00::/7', 'fec0::/10'),
  ...rules('link-local', 'fe80::/10'),
  ...rules('multicast', 'ff00::/8'),
  ...rules('documentation', '2001:db8::/32', '3fff::/20'),
  ...rules('benchmark', '2001:2::/48'),
  ...rules('protocol assignment', '2001::/23'),
  ...rules('reserved', '::/3', '4000::/2', '8000::/1'), // all but 2000::/3, the only global unicast there is
]
