import { lookup } from 'node:dns/promises'
import type { Server as HttpServer } from 'node:http'
import { type AddressInfo, createServer, isIP, Server } from 'node:net'
import { OperatorError } from '../lib/errors.ts'

/** The address cannot be had; the message is one line that says what to change. */
export class ListenError extends OperatorError {
  override readonly name = 'ListenError'
}

export type Listening = {
  port: number
  /** Takes no new connection at any of the addresses. */
  close(): void
}

/**
 * Binds every address that the host stands for, all at one port (chosen by the system for 0): `localhost` is 127.0.0.1 and
 * ::1, of which callers try either first. An address that this machine does not have is left out, where there is another.
 * Throws a ListenError.
 */
export const listenOn = async (http: HttpServer, host: string, port: number): Promise<Listening> => {
  const addresses = await addressesOf(host).catch((error: unknown) => {
    throw new ListenError(whatToChange(error, host, port), 1, { cause: error })
  })
  for (let tries = 1; ; tries++) {
    try {
      return await bindAll(http, addresses, port)
    } catch (error) {
      // A port that was free at one address and is not at the next: another one may be free at both.
      if (port === 0 && codeOf(error) === 'EADDRINUSE' && tries < triesOfAnyPort) continue
      throw new ListenError(whatToChange(error, host, port), 1, { cause: error })
    }
  }
}

const triesOfAnyPort = 20

const addressesOf = async (host: string): Promise<string[]> => {
  const name = host.replace(/^\[(.*)\]$/, '$1')
  if (name.toLowerCase() === 'localhost') return ['127.0.0.1', '::1']
  if (isIP(name) !== 0) return [name]
  const found = await lookup(name, { all: true })
  return [...new Set(found.map(({ address }) => address))]
}

const bindAll = async (http: HttpServer, addresses: string[], asked: number): Promise<Listening> => {
  const bound: Server[] = []
  const close = () => {
    // As node's HTTP server closes, but for the connections: it would destroy those on which no request has been read yet.
    for (const server of bound) Server.prototype.close.call(server)
  }
  let port = asked
  let missing: unknown
  for (const address of addresses) {
    // Only the first is the server itself: one server listens at one address, and the others hand on what comes to them.
    const server =
      bound.length === 0 ? http : createServer(asHttp, (socket) => http.emit('connection', socket))
    try {
      await bind(server, address, port)
      bound.push(server)
      port = (server.address() as AddressInfo).port
    } catch (error) {
      if (!isMissing(error)) {
        close()
        throw error
      }
      missing = error
    }
  }
  if (bound.length === 0) throw missing
  return { port, close }
}

// As node's HTTP server makes its own connections: a caller may end his half before the answer.
const asHttp = { allowHalfOpen: true, noDelay: true }

const bind = async (server: Server, host: string, port: number): Promise<void> => {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen({ host, port }, resolve)
  try {
    await promise
  } catch (error) {
    throw Object.assign(error as Error, { address: host })
  } finally {
    server.off('error', reject)
  }
}

/** Of this machine there is no such address, or the whole family is off. */
const isMissing = (error: unknown): boolean =>
  ['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EINVAL'].includes(codeOf(error) ?? '')

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error ? String(error.code) : undefined

const whatToChange = (error: unknown, host: string, port: number): string => {
  const code = codeOf(error)
  const { address = host } = error as { address?: string }
  const at = address === host ? '' : ` at ${address}`
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${port} is in use by another program${at}: stop that program, or choose another port with PORT.`
    case 'EACCES':
      return `This user may not open port ${port}: choose a port from 1024 upwards with PORT.`
    case 'EADDRNOTAVAIL':
    case 'EAFNOSUPPORT':
    case 'EINVAL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `"${host}" is no address of this machine: set HOST to localhost, or to 0.0.0.0 for every address.`
    default:
      return `Cannot listen on ${host}, port ${port} (${code ?? error}): check HOST and PORT.`
  }
}
