import { expect, onTestFinished, test } from 'vitest'
import { withApp } from '../support/app.ts'
import { answer, startReceiver } from '../support/receiver.ts'
import { until } from '../support/until.ts'
import { deliveriesTo, subscribe } from './subscribing.ts'
import { insertDeliveries } from './waiting.ts'

const lent = withApp({ expectErrors: true })

/** Has the database refuse attempts that a condition of SQL holds for. */
const refuse = async (condition: string): Promise<void> => {
  const { db } = lent.app.database
  onTestFinished(async () => {
    await db.$executeRawUnsafe('DROP FUNCTION refuse_attempt CASCADE')
  })
  await db.$executeRawUnsafe(`
    CREATE FUNCTION refuse_attempt() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN IF ${condition} THEN RAISE 'refused by the test'; END IF; RETURN NEW; END $$`)
  await db.$executeRawUnsafe(
    'CREATE TRIGGER refuse BEFORE INSERT ON webhook_attempts FOR EACH ROW EXECUTE FUNCTION refuse_attempt()',
  )
}

/** Answers that come together, so that their attempts are written together. */
const sendTogether = async (count: number, bodyOf: (index: number) => string) => {
  const { app } = lent
  const receiver = await startReceiver()
  onTestFinished(() => receiver.close())
  const { id } = await subscribe(app.admin, { url: receiver.url, maxInFlight: count })
  const held: (() => void)[] = []
  receiver.always((response, request) => {
    const body = bodyOf(receiver.requests.length)
    held.push(() => answer(200, { body })(response, request))
    if (held.length === count) for (const release of held) release()
  })
  const ids = await insertDeliveries(app, id, count)
  await app.worker?.sweep()
  await receiver.waitFor(count)
  return { id, ids, receiver }
}

test('what a receiver answered and the database cannot keep is left out, and its delivery is delivered', async () => {
  await refuse(`NEW.response_body LIKE '%poison%'`)
  const { id, receiver } = await sendTogether(4, (number) => (number === 2 ? 'poison' : 'thanks'))
  const deliveries = await until(async () => {
    const found = await deliveriesTo(lent.app.admin, id)
    return found.every(({ status }) => status === 'DELIVERED') ? found : null
  })
  const bodies = deliveries.flatMap(({ attempts }) => attempts.map(({ responseBody }) => responseBody))
  expect(bodies.toSorted()).toEqual([null, 'thanks', 'thanks', 'thanks'])
  expect(receiver.requests).toHaveLength(4)
})

test('an attempt that cannot be written at all takes no others with it', async () => {
  const { app } = lent
  await refuse(`NEW.delivery_id = (SELECT min(id) FROM webhook_deliveries WHERE status = 'PENDING')`)
  const { id, ids, receiver } = await sendTogether(4, () => 'thanks')
  const [refused] = ids.toSorted()
  await until(async () => {
    const found = await deliveriesTo(app.admin, id)
    return found.filter(({ status }) => status === 'DELIVERED').length === 3
  })
  const [left] = (await deliveriesTo(app.admin, id)).filter(({ status }) => status === 'PENDING')
  expect(left?.id).toBe(refused)
  expect(receiver.requests).toHaveLength(4)
  await until(() => app.log.some(({ fields }) => String(fields.err).includes('refused by the test')))
})
