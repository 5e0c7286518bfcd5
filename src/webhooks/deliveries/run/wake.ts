import type { Tx } from '../../../db/client.ts'

/** The channel on which a process that changed what is due tells those that send. */
export const sendingChannel = 'presswire_sending'

/** Has the workers of all processes ask what is due, once the transaction is committed. */
export const wakeSenders = async (tx: Tx): Promise<void> =>
  void (await tx.$executeRaw`SELECT pg_notify(${sendingChannel}, '')`)
