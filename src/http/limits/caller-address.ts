import type { IncomingMessage } from 'node:http'
import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net'

/** Whether an address is one of a list, such as TRUSTED_PROXIES. */
export type Addresses = (ip: string) => boolean

/**
 * Reads a list of addresses and CIDR ranges.
 *
 * @throws TypeError with every entry that is neither.
 */
export const parseAddresses = (entries: readonly string[]): Addresses => {
  // Apart, because a wide IPv6 range in one BlockList takes IPv4 addresses for a match.
  const lists = { 4: new BlockList(), 6: new BlockList() }
  const wrong = entries.filter((entry) => {
    const [network = '', bits, ...more] = entry.split('/')
    const family = isIP(network)
    const longest = family === 4 ? 32 : 128
    const length = bits === undefined ? longest : /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN
    if (family === 0 || more.length > 0 || !(length <= longest)) return true
    lists[family === 4 ? 4 : 6].addSubnet(network, length, family === 4 ? 'ipv4' : 'ipv6')
    return false
  })
  if (wrong.length > 0) {
    const named = wrong.map((entry) => `"${entry}"`).join(', ')
    throw new TypeError(`${named}: not an address or a CIDR range, such as 10.0.0.0/8.`)
  }
  return (ip) => (isIPv4(ip) ? lists[4].check(ip) : isIPv6(ip) && lists[6].check(ip, 'ipv6'))
}

/**
 * Who calls: the address that a connection comes from or, where that is a trusted proxy's, the last address in
 * X-Forwarded-For that is not. What stands before it anybody may have written.
 */
export const callerAddress = (request: IncomingMessage, isTrusted: Addresses): string => {
  const forwarded = String(request.headers['x-forwarded-for'] ?? '').split(',')
  let address = connectingAddress(request)
  while (isTrusted(address) && forwarded.length > 0) {
    const before = plain(forwarded.pop()?.trim() ?? '')
    // "unknown", say: then the proxy is the nearest that is known.
    if (isIP(before) === 0) break
    address = before
  }
  return address
}

/** The address that a connection comes from, a proxy's too. */
export const connectingAddress = ({ socket }: Pick<IncomingMessage, 'socket'>): string =>
  plain(socket.remoteAddress ?? '')

/**
 * What is counted as one caller: an IPv4 address, or the /64 of an IPv6 one. A network of that size is what one line gets
 * (RFC 6177), so that its holder has a new address for every request.
 */
export const networkOf = (address: string): string => {
  if (!isIPv6(address)) return address
  // The URL standard's serialisation: no dotted quad, no leading zeros, and "::" for the longest run of zeros.
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const groups = (part: string) => (part === '' ? [] : part.split(':'))
  const [before, after] = [groups(head), groups(tail ?? '')]
  const zeros = Array.from({ length: tail === undefined ? 0 : 8 - before.length - after.length }, () => '0')
  return `${[...before, ...zeros, ...after].slice(0, 4).join(':')}::/64`
}

/** Without a port, as some proxies add it, without a zone, and as IPv4 where it is that in disguise. */
const plain = (text: string): string => {
  const [, bracketed] = /^\[([^\]]*)\](?::\d+)?$/.exec(text) ?? []
  const [, beforePort] = /^([\d.]+):\d+$/.exec(text) ?? []
  const [address = ''] = (bracketed ?? beforePort ?? text).split('%')
  const [, quad] = /^::ffff:([\d.]+)$/i.exec(address) ?? []
  return quad && isIPv4(quad) ? quad : address
}
