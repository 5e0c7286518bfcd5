import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { OperatorError } from '../errors.ts'

/** The address cannot be had; the message is one line that says what to change. */
export class ListenError extends OperatorError {
  override readonly name = 'ListenError'
}

/** Binds the server and resolves with the port (the one given by the system for 0). Throws a ListenError. */
export async function listenOn(server: Server, host: string, port: number): Promise<{ port: number }> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen({ host, port }, resolve)
  try {
    await promise
  } catch (error) {
    throw new ListenError(whatToChange(error, host, port), 1, { cause: error })
  } finally {
    server.off('error', reject)
  }
  return { port: (server.address() as AddressInfo).port }
}

function whatToChange(error: unknown, host: string, port: number): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${port} is in use by another program: stop that program, or choose another port with PORT.`
    case 'EACCES':
      return `This user may not open port ${port}: choose a port from 1024 upwards with PORT.`
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `"${host}" is no address of this machine: set HOST to localhost, or to 0.0.0.0 for every address.`
    default:
      return `Cannot listen on ${host}, port ${port} (${code ?? error}): check HOST and PORT.`
  }
}
