import { BlockList, isIP } from 'node:net'
import { addRange, isMapped, ruleAgainst, translatedIpv4 } from './ip-policy.ts'

/** What WEBHOOK_ALLOW opens: host names whatever they resolve to, and addresses whoever has them. */
export type WebhookAllow = {
  readonly hosts: ReadonlySet<string>
  // Apart, because a wide IPv6 range in one BlockList takes IPv4 addresses for a match.
  readonly v4: BlockList
  readonly v6: BlockList
}

/**
 * Why no webhook can go to this URL, as a sentence that says what to do, or null. It looks at the text alone:
 * `addressProblem` has to pass every address as well, when the connection is made.
 */
export const urlProblem = (url: string, allow: WebhookAllow): string | null => {
  if (url.length > maxUrlLength)
    return `The URL has ${url.length} characters; at most ${maxUrlLength} are allowed. What is longer belongs into a header or the document.`
  const parsed = URL.parse(url)
  if (!parsed) return 'The URL cannot be read. Give a full one, such as https://example.com/hooks.'
  const { protocol, username, password, hostname } = parsed
  if (protocol !== 'https:' && protocol !== 'http:') return `The URL begins with ${protocol} Use https.`
  if (username !== '' || password !== '') return 'The URL holds a user name or password. Send it as a header.'
  if (url.includes('#'))
    return 'The URL has a fragment, which is never sent. Leave out the # and what follows.'
  if (protocol === 'http:' && !opensHost(hostname, allow)) {
    return `http is for hosts in WEBHOOK_ALLOW only. Use https, or add ${bareHost(hostname)} to WEBHOOK_ALLOW.`
  }
  return null
}

/**
 * Why no webhook can go to this address, as a sentence that names the rule, or null. `ip` is what the
 * connection is about to be made to, `hostname` what the URL says (the same for a literal address). Of a name the sentence
 * is for the operator alone: whoever may save an endpoint could read the private DNS with it.
 */
export const addressProblem = (ip: string, hostname: string, allow: WebhookAllow): string | null => {
  const host = bareHost(hostname)
  if (allow.hosts.has(host) || opensAddress(ip, allow)) return null
  const rule = ruleAgainst(ip)
  return rule && `${host} is not public: ${rule}. WEBHOOK_ALLOW can open it.`
}

/** What is told of a name that leads to no public address, in one sentence whether there is such a name or not. */
export const nameProblem = (hostname: string): string =>
  `${bareHost(hostname)} was not found, or is not public. Correct the name; WEBHOOK_ALLOW can open a private one.`

/**
 * Reads WEBHOOK_ALLOW: host names, addresses and CIDR ranges.
 * Throws `TypeError` with every entry that is none of these, and why.
 */
export const parseAllow = (entries: readonly string[]): WebhookAllow => {
  const allow = { hosts: new Set<string>(), v4: new BlockList(), v6: new BlockList() }
  const problems: string[] = []
  for (const entry of entries) {
    const problem = entry.includes('/') ? addCidr(entry, allow) : addHost(entry, allow)
    if (problem) problems.push(`WEBHOOK_ALLOW has "${entry}": ${problem}.`)
  }
  if (problems.length > 0) throw new TypeError(problems.join(' '))
  return allow
}

// As much as servers and proxies take everywhere.
const maxUrlLength = 2_000

const opensHost = (hostname: string, allow: WebhookAllow): boolean => {
  const host = bareHost(hostname)
  return allow.hosts.has(host) || opensAddress(host, allow)
}

/** A URL's `hostname` (lower case, punycode, an address in one spelling) without brackets and final dot. */
const bareHost = (hostname: string): string => hostname.replace(/^\[|[\].]$/g, '')

const opensAddress = (ip: string, allow: WebhookAllow): boolean => {
  const family = isIP(ip)
  if (family === 4) return allow.v4.check(ip)
  if (family === 0) return false
  // These reach the IPv4 address inside them, so that is what has to be open.
  const translated = translatedIpv4(ip)
  if (translated !== null) return isIP(translated) === 4 && allow.v4.check(translated)
  return (isMapped(ip) ? allow.v4 : allow.v6).check(ip, 'ipv6')
}

type AllowInProgress = WebhookAllow & { readonly hosts: Set<string> }

/** Returns what is wrong with the entry, or null once it has been added; so does `addHost`. */
const addCidr = (entry: string, allow: AllowInProgress): string | null => {
  const [network = '', bits = '', ...rest] = entry.split('/')
  const family = isIP(network)
  const inRange = /^\d+$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128)
  if (family === 0 || !inRange || rest.length > 0) return 'not a CIDR range such as 10.0.0.0/8 or fd00::/8'
  // All of 64:ff9b::/96 was needed once to reach what is public inside; it opens nothing today.
  const holdsIpv4 =
    family === 6 && (isMapped(network) || (translatedIpv4(network) !== null && Number(bits) > 96))
  if (holdsIpv4) return 'write the IPv4 address or range itself'
  addRange(entry, family === 4 ? allow.v4 : allow.v6)
  return null
}

const addHost = (entry: string, allow: AllowInProgress): string | null => {
  const written = isIP(entry) === 6 ? `[${entry}]` : entry
  if (/^[^:]+:\d+$|\]:\d+$/.test(written)) return 'leave out the port, a host is opened on all its ports'
  const hostname = hostShape.test(written) ? URL.parse(`http://${written}/`)?.hostname : undefined
  if (!hostname) return 'not a host name, an address or a CIDR range'
  const host = bareHost(hostname)
  if (isIP(host) !== 0) return addCidr(`${host}/${isIP(host) === 4 ? 32 : 128}`, allow)
  allow.hosts.add(host)
  return null
}

const hostShape = /^(\[[0-9a-f:.]+\]|[\p{L}\p{N}_-]+(\.[\p{L}\p{N}_-]+)*\.?)$/iu
