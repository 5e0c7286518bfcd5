import { Resolver } from 'node:dns/promises'
import type { Resolve } from './guarded-connector.ts'
import {
  candidatesOf,
  hostsFile,
  parseHosts,
  parseResolvConf,
  rereading,
  resolvConf,
} from './resolver-files.ts'

export type NameResolver = {
  resolve: Resolve
  /** Ends every question that is under way. */
  close(): void
}

export type ResolverOptions = {
  hostsFile?: string
  resolvConf?: string
  /** Name servers in place of the system's, as `address:port`: for tests alone. */
  servers?: string[]
}

/**
 * Finds the addresses of names as the operating system would, `/etc/hosts` first and then the name servers of resolv.conf
 * with its search list, but without `getaddrinfo`: that keeps a thread for as long as a name server is silent, of four that
 * the whole process has, new connections to the database among them. Names of multicast DNS (`printer.local`) and of
 * other sources of nsswitch.conf are not known here.
 */
export const createResolver = ({
  hostsFile: hostsPath = hostsFile,
  resolvConf: confPath = resolvConf,
  servers,
}: ResolverOptions = {}): NameResolver => {
  const hosts = rereading(hostsPath, parseHosts)
  // The name servers are read by c-ares when a resolver is made: a file that has changed wants a new one.
  let current: Resolver | null = null
  const configuration = rereading(confPath, (text) => {
    const dns = new Resolver(lookUpLimits)
    if (servers) dns.setServers(servers)
    current = dns
    return { dns, completion: parseResolvConf(text) }
  })

  const resolve: Resolve = async (hostname) => {
    const name = hostname.replace(/\.$/, '')
    const listed = hosts().get(name) ?? (isLocalhost(name) ? ['127.0.0.1', '::1'] : null)
    if (listed) return listed.map((address) => ({ address }))
    const { dns, completion } = configuration()
    return firstFound(candidatesOf(hostname, completion), (candidate) => addressesOf(dns, candidate))
  }
  return { resolve, close: () => current?.cancel() }
}

// A lost packet is sent again after 1.5 s, and a name server that is silent is given up after 4 s; of several the next one
// is asked after 1.5 s, and a silent one is asked last from then on.
const lookUpLimits = { timeout: 1_500, maxTimeout: 2_500, tries: 2 }

// RFC 6761, section 6.3; also where no hosts file says so.
const isLocalhost = (name: string): boolean => /(^|\.)localhost$/.test(name)

type Resolved = Awaited<ReturnType<Resolve>>

/** The first candidate that there are addresses of. What goes on is what resolv.conf(5) goes on after: a clear no, or a broken server. */
const firstFound = async (
  candidates: string[],
  ask: (candidate: string) => Promise<Resolved>,
): Promise<Resolved> => {
  let failure: unknown
  for (const candidate of candidates) {
    try {
      return await ask(candidate)
    } catch (error) {
      if (endsTheSearch.has(codeOf(error))) throw error
      // That a server is broken tells more than that there is no such name.
      if (failure === undefined || isNo(failure)) failure = error
    }
  }
  throw failure
}

/** Nobody would answer the next question either. */
const endsTheSearch = new Set(['ETIMEOUT', 'ECONNREFUSED', 'ECANCELLED'])

const codeOf = (error: unknown): string => String((error as { code?: unknown } | null)?.code)

/** Whether there is no such name, or it has no addresses, as against nobody knowing. */
const isNo = (error: unknown): boolean => ['ENOTFOUND', 'ENODATA', 'EBADNAME'].includes(codeOf(error))

// Some name servers never answer for one of the two families. Whoever has the other one does not wait for long.
const otherFamilyMs = 500

/** IPv4 first: whichever does not answer, the connection tries the other one after a quarter of a second. */
const addressesOf = async (dns: Resolver, name: string): Promise<Resolved> => {
  const answers: string[][] = [[], []]
  const questions = [dns.resolve4(name), dns.resolve6(name)].map((question, family) =>
    question.then((addresses) => {
      answers[family] = addresses
    }),
  )
  const both = Promise.allSettled(questions)
  const found = await Promise.any(questions).then(
    () => true,
    () => false,
  )
  if (found) await orAfter(otherFamilyMs, both)
  const addresses = answers.flat().map((address) => ({ address }))
  if (addresses.length > 0) return addresses
  const failures = (await both).flatMap((result) => (result.status === 'rejected' ? [result.reason] : []))
  throw failures.find((failure) => !isNo(failure)) ?? failures[0]
}

const orAfter = async (ms: number, work: Promise<unknown>): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, ms)
  await Promise.race([work, promise])
  clearTimeout(timer)
}
