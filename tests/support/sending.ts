import { afterEach, beforeEach } from 'vitest'
import type { Outcome } from '../../src/webhooks/http/outcome.ts'
import { createSender, type Sender, type SenderOptions } from '../../src/webhooks/http/sender.ts'
import { parseAllow } from '../../src/webhooks/http/url-policy.ts'
import { type Receiver, startReceiver } from './receiver.ts'

export type Sending = {
  /** A new one for each test. */
  readonly receiver: Receiver
  /** A sender that may send to 127.0.0.1, closed after the test. */
  openSender(options?: Partial<SenderOptions>): Sender
  /** POSTs `{}` to the receiver, or to `url`. */
  post(sender: Sender, url?: string): Promise<Outcome>
}

/** Lends each test of a file a receiver and the senders that it asks for. */
export const useSending = (): Sending => {
  const senders: Sender[] = []
  let receiver: Receiver | null = null
  const current = () => {
    if (!receiver) throw new Error('The receiver is there within a test only.')
    return receiver
  }

  beforeEach(async () => {
    receiver = await startReceiver()
  })
  afterEach(async () => {
    await Promise.all(senders.splice(0).map((sender) => sender.close(0)))
    await current().close()
  })

  return {
    get receiver() {
      return current()
    },
    openSender: (options = {}) => {
      const sender = createSender({ allow: parseAllow(['127.0.0.1']), ...options })
      senders.push(sender)
      return sender
    },
    post: (sender, url = current().url) => sender.send({ url, headers: {}, body: '{}' }),
  }
}
