import type { Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { within } from '../../lib/deadline.ts'
import { type Addresses, connectingAddress, networkOf } from './caller-address.ts'

/** How many may be open: of one address or network, and in all. */
export type ConnectionLimits = { ofCaller: number; inAll: number }

// An address takes an eighth of what there is; of open connections each costs some 15 KB.
export const defaultConnectionLimits: ConnectionLimits = { ofCaller: 512, inAll: 4_096 }

// Answers have the order of their requests, so that only one is made at a time; more than this wait for no honest caller.
const mostWaiting = 100

export type Connections = {
  /**
   * Waits for the connection's earlier answers to be out; false when there are too many that wait, or when the connection
   * was refused. Answers of one connection are made one after the other, so that whoever pipelines holds only one.
   */
  turn(response: ServerResponse): Promise<boolean>
  /** Resolves when the system has handed over all that have been made, as far as they do not come without end. */
  allTaken(): Promise<void>
  /** Resolves when none is open, or after `ms`. */
  allClosed(ms: number): Promise<void>
  /** Closes those that wait for nothing, each other one once its answers are out, and after `graceMs` what is left. */
  close(graceMs: number): Promise<void>
}

type Connection = {
  caller: string | null
  answers: number
  isRefused: boolean
  /** Settled when the last answer that was asked for is out. */
  last: Promise<void>
}

/**
 * Watches a server's connections: bounds how many there are, and closes them without cutting an answer. Beyond a limit the
 * one that has waited for nothing for longest goes, and where all are being answered the new one is refused. A trusted proxy
 * is no caller: it has as many as there are in all.
 */
export const watchConnections = (
  server: Server,
  isTrusted: Addresses,
  limits: ConnectionLimits = defaultConnectionLimits,
): Connections => {
  const open = new Map<Socket, Connection>()
  const callers = new Map<string, Set<Socket>>()
  // In the order in which they began to wait for nothing.
  const idle = new Set<Socket>()
  let isClosing = false
  let allClosed = Promise.withResolvers<void>()

  let made = 0
  let taking: Promise<void> | undefined

  server.on('connection', (socket: Socket) => {
    made++
    const address = connectingAddress({ socket } as Parameters<typeof connectingAddress>[0])
    const caller = isTrusted(address) ? null : networkOf(address)
    const isAdmitted = makeRoom(caller)
    const connection = { caller, answers: 0, isRefused: !isAdmitted, last: Promise.resolve() }
    open.set(socket, connection)
    socket.once('close', () => forget(socket, connection))
    if (!isAdmitted) return refuse(socket)
    idle.add(socket)
    if (caller !== null) callers.set(caller, (callers.get(caller) ?? new Set()).add(socket))
  })

  const makeRoom = (caller: string | null): boolean => {
    const own = caller === null ? undefined : callers.get(caller)
    if (own && own.size >= limits.ofCaller) return closeOldestIdle((socket) => own.has(socket))
    return open.size < limits.inAll || closeOldestIdle(() => true)
  }

  const closeOldestIdle = (isMeant: (socket: Socket) => boolean): boolean => {
    for (const socket of idle) {
      if (!isMeant(socket)) continue
      const connection = open.get(socket)
      // At once, and not when it has closed: until then others may come.
      if (connection) forget(socket, connection)
      socket.destroy()
      return true
    }
    return false
  }

  const forget = (socket: Socket, { caller }: Connection) => {
    open.delete(socket)
    idle.delete(socket)
    const own = caller === null ? undefined : callers.get(caller)
    own?.delete(socket)
    if (caller !== null && own?.size === 0) callers.delete(caller)
    if (open.size > 0) return
    allClosed.resolve()
    allClosed = Promise.withResolvers()
  }

  const refuse = (socket: Socket) => {
    const body = JSON.stringify({
      errors: [{ message: tooMany, extensions: { code: 'SERVICE_UNAVAILABLE' } }],
    })
    socket.write(
      `HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 5\r\nCache-Control: no-store\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    )
    socket.destroySoon()
  }

  const turn = async (response: ServerResponse): Promise<boolean> => {
    const { socket } = response.req
    const connection = open.get(socket)
    if (!connection || connection.isRefused) return false
    const before = connection.last
    const { promise: out, resolve } = Promise.withResolvers<void>()
    connection.last = out
    connection.answers++
    idle.delete(socket)
    response.once('close', () => {
      resolve()
      connection.answers--
      if (!open.has(socket) || connection.answers > 0) return
      // It was told to stay open if its answer had begun before the end.
      if (isClosing) socket.destroySoon()
      else idle.add(socket)
    })
    if (connection.answers > mostWaiting) {
      socket.destroy()
      return false
    }
    await taking
    if (connection.answers > 1) await before
    return !socket.destroyed
  }

  const untilAllClosed = async (ms: number) => {
    if (open.size > 0) await within(ms, allClosed.promise)
  }

  const allTaken = async () => {
    // One is taken at a turn of the event loop, which is long while many are answered: no answer begins meanwhile.
    const { promise, resolve } = Promise.withResolvers<void>()
    taking = promise
    const until = performance.now() + takingMs
    for (let quiet = 0, before = made; quiet < quietTurns && performance.now() < until; before = made) {
      await nextTurn()
      quiet = made === before ? quiet + 1 : 0
    }
    resolve()
  }

  const close = async (graceMs: number) => {
    isClosing = true
    // A request that has arrived and is not read yet, since the program is busy, would be reset: it is read first.
    for (let turns = 0; turns < turnsToRead; turns++) await nextTurn()
    for (const [socket, { answers }] of open) if (answers === 0) socket.destroySoon()
    await untilAllClosed(graceMs)
    for (const socket of open.keys()) socket.destroy()
    await untilAllClosed(lastMomentMs)
  }

  return { turn, allTaken, allClosed: untilAllClosed, close }
}

const quietTurns = 5

// In one a connection is taken, in the next its request is read.
const turnsToRead = 3

// Where they come without end, some wait at any time.
const takingMs = 2_000

// A destroyed socket is closed in the next turns of the event loop.
const lastMomentMs = 1_000

const tooMany = 'There are too many connections. Close some, use them again, or try again in a few seconds.'
