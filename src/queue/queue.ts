import type { Tx } from '../db/client.ts'

/** An alarm clock for an endpoint: losing or repeating one is harmless, since what is due is read from the rows. */
export type Alarm = { id: string; delayMs: number }

/** The port to the job queue. Jobs hold an id and nothing else. */
export type Queue = {
  /** Sets alarms in the transaction that wrote their rows. */
  set(tx: Tx, alarms: Alarm[]): Promise<void>
  /** Takes up to `limit` alarms that are due: their ids, some perhaps twice. No other process gets them. */
  take(limit: number): Promise<string[]>
  stop(): Promise<void>
}
