/** How many requests this process may begin, by whose they are. */
export type FreeSlots = {
  /** Of anybody. */
  any: number
  /** Of endpoints that have nothing in flight. */
  idle: number
  /** Of those of them that have not failed since they last succeeded. */
  healthy: number
  /** The deliveries that have succeeded here and are being written down. While they are, they are leased still. */
  ended: ReadonlySet<string>
}

// Fewer than the 100 that an endpoint may have in flight: of a busy one another process gets something, too.
const forAny = 70
// More for those who get nothing of it. Receivers that hang have something in flight: they can take one of these slots each.
const forIdle = 92

/**
 * A process has never more requests in flight: each holds one body and one socket. The last eight are for those who answer, and
 * are free again at once.
 */
export const mostInFlight = 100

/** The slots that are left while so many requests are in flight. */
export const freeSlots = (inFlight: number, ended: ReadonlySet<string>): FreeSlots => ({
  any: Math.max(0, forAny - inFlight),
  idle: Math.max(0, forIdle - inFlight),
  healthy: Math.max(0, mostInFlight - inFlight),
  ended,
})
