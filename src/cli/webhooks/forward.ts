import { newId } from '../../lib/id.ts'
import { signatureHeaders } from '../../webhooks/http/sign.ts'
import { causeOf } from '../remote.ts'

export type Forwarding = {
  url: string
  secret: string
  signal: AbortSignal
  /** What became of each, as a word or two. */
  onOutcome: (what: string, outcome: string) => void
}

export type Forwarder = {
  /** Posts a body as a delivery is posted. Resolves when the next one may go, not always when this one is answered. */
  forward(what: string, body: string): Promise<void>
  /** Resolves when all are answered, or cut off. */
  end(): Promise<void>
}

// As long as the real thing waits, and as long again.
const timeoutMs = 30_000
// Who answers at once gets its events one after the other; who does not, does not keep the next one from coming.
const turnMs = 1_000
const mostInFlight = 20

/** Posts bodies to a receiver on this machine, which may hang, restart or refuse. */
export const createForwarder = ({ url, secret, signal, onOutcome }: Forwarding): Forwarder => {
  const inFlight = new Set<Promise<void>>()
  return {
    forward: async (what, body) => {
      while (inFlight.size >= mostInFlight) await Promise.race(inFlight)
      const answered = post(url, secret, body, signal)
        .then((outcome) => {
          if (!signal.aborted) onOutcome(what, outcome)
        })
        .finally(() => inFlight.delete(answered))
      inFlight.add(answered)
      await orAfter(turnMs, answered)
    },
    end: async () => void (await Promise.all(inFlight)),
  }
}

/** Resolves with the status, or with why there is none. */
const post = async (url: string, secret: string, body: string, signal: AbortSignal): Promise<string> => {
  const timeout = AbortSignal.timeout(timeoutMs)
  const signed = signatureHeaders({
    id: newId('delivery'),
    timestampSeconds: Date.now() / 1_000,
    body,
    secrets: [secret],
  })
  const headers = { ...signed, 'content-type': 'application/json' }
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers,
      body,
      redirect: 'manual',
      signal: AbortSignal.any([signal, timeout]),
    })
    await response.body?.cancel()
    return String(response.status)
  } catch (error) {
    return `not delivered (${timeout.aborted ? `no answer within ${timeoutMs / 1_000} s` : causeOf(error as Error)})`
  }
}

const orAfter = async (ms: number, work: Promise<void>): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, ms)
  await Promise.race([work, promise])
  clearTimeout(timer)
}
