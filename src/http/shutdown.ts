import type { Server } from 'node:http'
import type { Socket } from 'node:net'

/**
 * Watches a server's connections, so that it can stop without cutting an answer and without waiting for a caller who
 * asks for nothing: node's own `closeIdleConnections` leaves those open that have not sent a whole request yet.
 * The function that it returns takes no new connection, closes each open one once its answers are out, and cuts what
 * is left after `graceMs`. It resolves when all are closed.
 */
export function gracefulClose(server: Server): (graceMs: number) => Promise<void> {
  const answering = new Map<Socket, number>()
  let isClosing = false

  server.on('connection', (socket) => {
    answering.set(socket, 0)
    socket.once('close', () => answering.delete(socket))
  })
  server.on('request', ({ socket }, response) => {
    answering.set(socket, (answering.get(socket) ?? 0) + 1)
    response.once('close', () => {
      const left = (answering.get(socket) ?? 1) - 1
      if (answering.has(socket)) answering.set(socket, left)
      // It was told to stay open if its answer had begun before the stop.
      if (isClosing && left === 0) socket.destroySoon()
    })
  })

  return async (graceMs) => {
    if (!server.listening) return
    isClosing = true
    const { promise, resolve } = Promise.withResolvers<void>()
    server.close(() => resolve())
    for (const [socket, answers] of answering) if (answers === 0) socket.destroy()
    const cut = setTimeout(() => server.closeAllConnections(), graceMs)
    await promise
    clearTimeout(cut)
  }
}
