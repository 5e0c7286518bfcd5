import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A TCP proxy that can swallow: what is sent is taken, and nothing comes back, as on a line that was cut. */
export type TcpProxy = {
  port: number
  /** From now on nothing passes on any connection, and new ones are taken and hear nothing. */
  swallow(): void
  /** New connections are passed on again. Those that were swallowed stay dead: nobody resets them. */
  restore(): void
  close(): Promise<void>
}

export const startTcpProxy = async (target: { host: string; port: number }): Promise<TcpProxy> => {
  const sockets = new Set<Socket>()
  const pairs = new Set<[Socket, Socket]>()
  let swallowing = false
  const keep = (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
  }
  const server = createServer((socket) => {
    keep(socket)
    if (swallowing) return void socket.resume()
    const other = connect(target)
    keep(other)
    const pair: [Socket, Socket] = [socket, other]
    pairs.add(pair)
    socket.pipe(other)
    other.pipe(socket)
    const end = () => {
      // A line that was cut tells neither side that the other has gone.
      if (!pairs.delete(pair)) return
      socket.destroy()
      other.destroy()
    }
    socket.on('close', end)
    other.on('close', end)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    swallow: () => {
      swallowing = true
      for (const [one, other] of pairs) {
        one.unpipe(other)
        other.unpipe(one)
        one.resume()
        other.resume()
      }
      pairs.clear()
    },
    restore: () => {
      swallowing = false
    },
    close: async () => {
      server.close()
      for (const socket of sockets) socket.destroy()
      await once(server, 'close')
    },
  }
}
