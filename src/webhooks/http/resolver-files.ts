import { readFileSync, statSync } from 'node:fs'
import { isIP } from 'node:net'
import { hostname } from 'node:os'

/** What a machine's own files say of names: addresses by name (`/etc/hosts`), and how names are completed. */
export type Hosts = ReadonlyMap<string, readonly string[]>
export type Completion = { search: readonly string[]; ndots: number }

/** Where the operating system keeps them. */
export const hostsFile =
  process.platform === 'win32' ? 'C:\\Windows\\System32\\drivers\\etc\\hosts' : '/etc/hosts'
export const resolvConf = '/etc/resolv.conf'

/** Every address of every name, in the order of the lines, as getaddrinfo reads them. */
export const parseHosts = (text: string): Hosts => {
  const hosts = new Map<string, string[]>()
  for (const line of text.split('\n')) {
    const [address = '', ...names] = withoutComment(line, '#').split(/\s+/)
    if (isIP(address) === 0) continue
    for (const name of names) {
      const key = name.toLowerCase().replace(/\.$/, '')
      const known = hosts.get(key)
      if (!known) hosts.set(key, [address])
      else if (!known.includes(address)) known.push(address)
    }
  }
  return hosts
}

/** `search` (or `domain`) and `ndots` of resolv.conf; the last line of each counts. c-ares reads the name servers itself. */
export const parseResolvConf = (text: string, ownName = hostname()): Completion => {
  const [, ownDomain] = /\.(.+)$/.exec(ownName) ?? []
  let search = ownDomain ? [ownDomain] : []
  let ndots = 1
  for (const line of text.split('\n')) {
    const [keyword, ...words] = withoutComment(line, ';#').split(/\s+/)
    if (keyword === 'search') search = words
    if (keyword === 'domain') search = words.slice(0, 1)
    if (keyword !== 'options') continue
    for (const word of words) ndots = Number(/^ndots:(\d{1,2})$/.exec(word)?.[1] ?? ndots)
  }
  return { search: search.map((domain) => domain.replace(/^\.|\.$/g, '')).filter(Boolean), ndots }
}

/**
 * The names to ask for, one after the other, as resolv.conf(5) has it: one with fewer than `ndots` dots is completed
 * first (`receiver`, or `receiver.shop` in Kubernetes), any other is taken as it stands first. A dot at its end forbids
 * to complete it.
 */
export const candidatesOf = (name: string, { search, ndots }: Completion): string[] => {
  if (name.endsWith('.')) return [name.slice(0, -1)]
  const completed = search.map((domain) => `${name}.${domain}`)
  const dots = name.split('.').length - 1
  return dots >= ndots ? [name, ...completed] : [...completed, name]
}

/**
 * Reads a small file whenever it has changed; what is not there is empty. Synchronously: the asynchronous way takes one
 * of the threads that a file system which hangs can use up.
 */
export const rereading = <T>(path: string, parse: (text: string) => T): (() => T) => {
  let read: { stamp: string; value: T } | null = null
  return () => {
    const stamp = stampOf(path)
    if (read?.stamp !== stamp) read = { stamp, value: parse(stamp === 'absent' ? '' : textOf(path)) }
    return read.value
  }
}

const stampOf = (path: string): string => {
  const stat = statSync(path, { throwIfNoEntry: false, bigint: true })
  return stat?.isFile() ? `${stat.ino} ${stat.mtimeNs} ${stat.size}` : 'absent'
}

const textOf = (path: string): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return '' // getaddrinfo, too, goes on without a file that it may not read
  }
}

const withoutComment = (line: string, marks: string): string => {
  const at = [...line].findIndex((character) => marks.includes(character))
  return (at < 0 ? line : line.slice(0, at)).trim()
}
