import { builder } from '../../../graphql/schema/builder.ts'

export const WebhookEndpointStatus = builder.enumType('WebhookEndpointStatus', {
  description: 'Whether an endpoint is sent anything.',
  values: {
    ACTIVE: { description: 'Deliveries are made and sent.' },
    PAUSED: { description: 'Deliveries are made and wait.' },
    DISABLED: {
      description: 'No deliveries are made; those that waited are cancelled. statusReason says why.',
    },
  } as const,
})

export const WebhookOrdering = builder.enumType('WebhookOrdering', {
  description: 'In which order an endpoint is sent its deliveries.',
  values: {
    UNORDERED: { description: 'Each as soon as it can be; a receiver drops what is older than what it has.' },
    PER_SUBJECT: {
      description: 'A delivery waits until the earlier ones about its subject are delivered or given up.',
    },
  } as const,
})

export const WebhookSigning = builder.enumType('WebhookSigning', {
  description: 'How deliveries are signed, as the Standard Webhooks specification says.',
  values: {
    HMAC_SHA256: {
      description:
        '`v1`: with a secret, `whsec_…`, that sender and receiver share. Every library verifies it.',
    },
    ED25519: {
      description:
        '`v1a`: with a key pair. The receiver has the public key, `whpk_…`, and cannot sign itself.',
    },
  } as const,
})

export const WebhookDeliveryStatus = builder.enumType('WebhookDeliveryStatus', {
  description: 'What became of a delivery.',
  values: {
    PENDING: { description: 'It waits for its next attempt.' },
    DELIVERED: { description: 'The receiver answered 2xx.' },
    FAILED: { description: 'All attempts are used up, or there was nothing that could be sent.' },
    CANCELLED: { description: 'Its endpoint was disabled or deleted before it was delivered.' },
  } as const,
})
