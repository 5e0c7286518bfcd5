import { builder } from '../../graphql/schema/builder.ts'
import type { Viewer as ViewerShape } from '../viewer.ts'

export const ApiKeyScope = builder.enumType('ApiKeyScope', {
  description: 'What an API key may do.',
  values: {
    ADMIN: { description: 'Everything that any other scope opens.' },
    CONTENT_READ: { description: 'Read everything unpublished, and the raw source.' },
    CONTENT_WRITE: { description: 'Create and change content; includes CONTENT_READ.' },
    CONTENT_PUBLISH: { description: 'Publish and unpublish; includes CONTENT_READ.' },
    WEBHOOKS_MANAGE: { description: 'Make, change and read webhook endpoints and their deliveries.' },
    KEYS_MANAGE: { description: 'Make, read and revoke API keys.' },
  } as const,
})

const Viewer = builder.objectRef<ViewerShape>('Viewer').implement({
  description: 'Who asks.',
  fields: (t) => ({
    keyName: t.exposeString('name', {
      nullable: true,
      description: 'The name of the API key; null without a key.',
    }),
    scopes: t.field({
      type: [ApiKeyScope],
      description: 'What the key may do; empty without a key.',
      resolve: ({ scopes }) => [...scopes],
    }),
  }),
})

builder.queryField('viewer', (t) =>
  t.field({
    type: Viewer,
    description: 'Who asks: try a key with it.',
    resolve: (_root, _args, { viewer }) => viewer,
  }),
)
