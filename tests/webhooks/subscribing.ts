import { onTestFinished } from 'vitest'
import {
  CreateWebhookEndpointDocument,
  type CreateWebhookEndpointInput,
  DeleteWebhookEndpointDocument,
  RedeliverWebhookDocument,
  type ReplayFrom,
  ReplayWebhooksDocument,
  RotateWebhookSecretDocument,
  type RotateWebhookSecretInput,
  SendTestWebhookDocument,
  UpdateWebhookEndpointDocument,
  type UpdateWebhookEndpointInput,
  WebhookDeliveriesDocument,
  type WebhookDeliveriesQuery,
} from '../../schema/generated/graphql.ts'
import type { WebhookEvent } from '../../src/receiver/verify.ts'
import type { Client } from '../support/client.ts'
import type { ReceivedRequest } from '../support/receiver.ts'
import { until } from '../support/until.ts'

export type Subscriber = { id: string; secret: string; publicKey: string | null }
export type Delivery = WebhookDeliveriesQuery['webhookDeliveries']['nodes'][number]

/** Makes an endpoint; the test that made it takes it away when it ends, so that it hears nothing of the next one. */
export const subscribe = async (client: Client, input: CreateWebhookEndpointInput): Promise<Subscriber> => {
  const made = await makeEndpoint(client, input)
  onTestFinished(() => unsubscribe(client, made.id))
  return made
}

/** Makes an endpoint that stays. */
export const makeEndpoint = async (
  client: Client,
  input: CreateWebhookEndpointInput,
): Promise<Subscriber> => {
  const { createWebhookEndpoint } = await client.run(CreateWebhookEndpointDocument, { input })
  if (createWebhookEndpoint.__typename !== 'CreateWebhookEndpointPayload')
    throw new Error(`Not subscribed: ${JSON.stringify(createWebhookEndpoint)}`)
  const { secret, webhookEndpoint } = createWebhookEndpoint
  return { id: webhookEndpoint.id, secret, publicKey: webhookEndpoint.publicKey }
}

/** What is wrong with an endpoint that must not be made. */
export const issuesOf = async (client: Client, input: CreateWebhookEndpointInput) => {
  const { createWebhookEndpoint: result } = await client.run(CreateWebhookEndpointDocument, { input })
  if (result.__typename !== 'ValidationError') throw new Error(`Not refused: ${JSON.stringify(result)}`)
  return result.issues
}

/** Changes an endpoint; answers how it is then, and the secret if there is a new one. */
export const updateEndpoint = async (client: Client, input: UpdateWebhookEndpointInput) => {
  const { updateWebhookEndpoint: result } = await client.run(UpdateWebhookEndpointDocument, { input })
  if (result.__typename === 'UpdateWebhookEndpointPayload')
    return { ...result.webhookEndpoint, secret: result.secret }
  throw new Error(`Not changed: ${JSON.stringify(result)}`)
}

/** What is wrong with a change that must not be made. */
export const updateIssuesOf = async (client: Client, input: UpdateWebhookEndpointInput) => {
  const { updateWebhookEndpoint: result } = await client.run(UpdateWebhookEndpointDocument, { input })
  if (result.__typename !== 'ValidationError') throw new Error(`Not refused: ${JSON.stringify(result)}`)
  return result.issues
}

/** Tries an endpoint out; answers the delivery. */
export const sendTest = async (client: Client, id: string) => {
  const { sendTestWebhook: result } = await client.run(SendTestWebhookDocument, { input: { id } })
  if (result.__typename === 'SendTestWebhookPayload') return result.webhookDelivery
  throw new Error(`Not sent: ${JSON.stringify(result)}`)
}

/** Has a delivery sent again; answers how it stands then. */
export const redeliver = async (client: Client, id: string) => {
  const { redeliverWebhook: result } = await client.run(RedeliverWebhookDocument, { input: { id } })
  if (result.__typename === 'RedeliverWebhookPayload') return result.webhookDelivery
  throw new Error(`Not sent again: ${JSON.stringify(result)}`)
}

/** Sends an endpoint again what it was told; answers how much it was. */
export const replay = async (client: Client, endpointId: string, from: ReplayFrom) => {
  const { replayWebhooks: result } = await client.run(ReplayWebhooksDocument, { input: { endpointId, from } })
  if (result.__typename === 'ReplayWebhooksPayload') return result
  throw new Error(`Not replayed: ${JSON.stringify(result)}`)
}

/** Gives an endpoint new keys; answers what receivers verify with then. */
export const rotate = async (client: Client, input: RotateWebhookSecretInput) => {
  const { rotateWebhookSecret: result } = await client.run(RotateWebhookSecretDocument, { input })
  if (result.__typename === 'RotateWebhookSecretPayload')
    return { secret: result.secret, publicKey: result.webhookEndpoint.publicKey }
  throw new Error(`Not rotated: ${JSON.stringify(result)}`)
}

export const unsubscribe = async (client: Client, id: string): Promise<void> =>
  void (await client.run(DeleteWebhookEndpointDocument, { input: { id } }))

/** The log of what an endpoint was sent, the newest delivery first. */
export const deliveriesTo = async (client: Client, endpointId: string): Promise<Delivery[]> => {
  const { webhookDeliveries } = await client.run(WebhookDeliveriesDocument, {
    first: 100,
    filter: { endpointId },
  })
  return webhookDeliveries.nodes
}

/** The endpoint's delivery of an event, once there is one that the condition holds for. */
export const deliveryOf = (
  client: Client,
  endpointId: string,
  eventId: string,
  condition: (delivery: Delivery) => boolean = () => true,
): Promise<Delivery> =>
  until(async () => {
    const deliveries = await deliveriesTo(client, endpointId)
    return deliveries.find(
      (delivery) => delivery.event?.id === eventId && !isTorn(delivery) && condition(delivery),
    )
  })

/** The API reads attempts after their delivery: one that was written down in between is not yet in the delivery. */
const isTorn = ({ status, nextAttemptAt, attempts }: Delivery): boolean => {
  const last = attempts.at(-1)
  return (
    status === 'PENDING' &&
    last !== undefined &&
    Date.parse(nextAttemptAt ?? '') <= Date.parse(last.startedAt)
  )
}

/** Waits until the endpoint has that many deliveries and all of them have arrived. */
export const allDelivered = (client: Client, endpointId: string, count: number): Promise<boolean> =>
  until(async () => {
    const deliveries = await deliveriesTo(client, endpointId)
    return deliveries.length >= count && deliveries.every(({ status }) => status === 'DELIVERED')
  })

/** The envelope that a request carries. */
export const envelopeOf = <Data = unknown>({ body }: ReceivedRequest): WebhookEvent<Data> =>
  JSON.parse(body.toString('utf8'))
