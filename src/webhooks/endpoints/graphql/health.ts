import { builder } from '../../../graphql/schema/builder.ts'
import { type HealthReport, readHealth } from '../health-report.ts'

const WebhookHealth = builder.objectRef<HealthReport>('WebhookHealth').implement({
  description: 'How an endpoint has been doing, and what waits for it.',
  fields: (t) => ({
    since: t.expose('since', {
      type: 'DateTime',
      description: 'Since when attempts are counted: 24 hours ago.',
    }),
    attempts: t.exposeInt('attempts', {
      description:
        'How many attempts there were since then; of more than 1,000 the newest 1,000 are counted.',
    }),
    failedAttempts: t.exposeInt('failedAttempts', { description: 'How many of them failed.' }),
    successRate: t.float({
      nullable: true,
      description: 'The share of them that succeeded, 0 to 1; null when there was none.',
      resolve: ({ attempts, failedAttempts }) =>
        attempts === 0 ? null : (attempts - failedAttempts) / attempts,
    }),
    lastSuccessAt: t.expose('lastSuccessAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it last answered 2xx; null when it never has.',
    }),
    lastFailureAt: t.expose('lastFailureAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When an attempt last failed; null when none has.',
    }),
    lastError: t.exposeString('lastError', {
      nullable: true,
      description:
        'Why that one failed, as WebhookAttempt.error says it; null when none has failed, or it is no longer kept.',
    }),
    pending: t.exposeInt('pending', { description: 'How many deliveries wait to be sent.' }),
    oldestPendingAt: t.expose('oldestPendingAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the oldest of them was made; null when none waits.',
    }),
    heldUntil: t.expose('heldUntil', {
      type: 'DateTime',
      nullable: true,
      description:
        'Until when nothing is sent to it, since it failed again and again or asked for time with Retry-After; null when it is not held up.',
    }),
  }),
})

builder.prismaObjectField('WebhookEndpoint', 'health', (t) =>
  t.loadable({
    type: WebhookHealth,
    description: 'How it has been doing in the last 24 hours, and what waits for it.',
    resolve: ({ id }) => id,
    load: async (ids: string[], { db, now }) => {
      const reports = await readHealth(db, ids, now())
      return ids.map((id) => reports.get(id) ?? new Error(`There is no endpoint ${id}.`))
    },
  }),
)
