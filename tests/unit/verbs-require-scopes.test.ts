import { globSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import type { ApiKeyScope } from '../../src/db/generated/enums.ts'
import { viewerWith } from '../../src/keys/viewer.ts'

const root = resolve(import.meta.dirname, '../..')

/** What each verb that a mutation calls needs, whoever calls it. */
const scopes: Record<string, ApiKeyScope> = {
  createPost: 'CONTENT_WRITE',
  updatePost: 'CONTENT_WRITE',
  restorePost: 'CONTENT_WRITE',
  restorePostRevision: 'CONTENT_WRITE',
  createPreviewToken: 'CONTENT_WRITE',
  revokePreviewToken: 'CONTENT_WRITE',
  publishPost: 'CONTENT_PUBLISH',
  unpublishPost: 'CONTENT_PUBLISH',
  trashPost: 'CONTENT_PUBLISH',
  deletePost: 'CONTENT_PUBLISH',
  deleteAndForget: 'CONTENT_PUBLISH',
  createTerm: 'CONTENT_WRITE',
  updateTerm: 'CONTENT_WRITE',
  deleteTerm: 'CONTENT_WRITE',
  mergeTerms: 'CONTENT_WRITE',
  createWebhookEndpoint: 'WEBHOOKS_MANAGE',
  updateWebhookEndpoint: 'WEBHOOKS_MANAGE',
  rotateWebhookSecret: 'WEBHOOKS_MANAGE',
  deleteWebhookEndpoint: 'WEBHOOKS_MANAGE',
  sendTestWebhook: 'WEBHOOKS_MANAGE',
  redeliverWebhook: 'WEBHOOKS_MANAGE',
  replayWebhooks: 'WEBHOOKS_MANAGE',
  issueApiKey: 'KEYS_MANAGE',
  endApiKey: 'KEYS_MANAGE',
}

/** The verbs that the files of GraphQL call with a write, or hand a writer to, and the files that they import them from. */
const verbs = new Map(
  globSync('src/**/graphql/*.ts', { cwd: root }).flatMap((file) => {
    const source = readFileSync(join(root, file), 'utf8')
    const called = [
      ...source.matchAll(/\((?:w|w: Write)\) =>\s*(\w+)\(w\b/g),
      ...source.matchAll(/\b(?!write|doMany|orProblem)(\w+)\((?:context\.)?write, (?:context\.)?viewer/g),
    ].map(([, name = '']) => name)
    return called.flatMap((name): [string, string][] => {
      const [, from] = new RegExp(`\\b${name}\\b[^']*from '([^']+)'`).exec(source) ?? []
      return from ? [[name, join(root, dirname(file), from)]] : []
    })
  }),
)

test('every verb that a mutation calls is in the table of scopes', () => {
  expect([...verbs.keys()].toSorted()).toEqual(Object.keys(scopes).toSorted())
})

const refuse = (): never => {
  throw new Error('It was used.')
}

/** A write, or a writer, that says who asks and can do nothing. */
const unusable = (viewer: ReturnType<typeof viewerWith>): object =>
  new Proxy(refuse, {
    get: (_target, key) => (key === 'viewer' ? viewer : new Proxy(refuse, { get: refuse })),
  })

const others: ApiKeyScope[] = [
  'CONTENT_READ',
  'CONTENT_WRITE',
  'CONTENT_PUBLISH',
  'WEBHOOKS_MANAGE',
  'KEYS_MANAGE',
]

test.each(Object.entries(scopes))(
  '%s refuses whoever lacks %s before it does anything',
  async (name, scope) => {
    const module = (await import(verbs.get(name) ?? '')) as Record<
      string,
      (...args: unknown[]) => Promise<unknown>
    >
    const call = (held: ApiKeyScope[]) => {
      const viewer = viewerWith(held)
      const w = unusable(viewer)
      // The verbs that make several writes are handed the writer and who asks.
      const isGivenWriter = ['deleteAndForget', 'replayWebhooks'].includes(name)
      return (
        (isGivenWriter ? module[name]?.(w, viewer, {}, {}) : module[name]?.(w, {}, {})) ?? Promise.resolve()
      )
    }
    await expect(call(others.filter((other) => other !== scope))).rejects.toMatchObject({ code: 'FORBIDDEN' })
    await expect(call([])).rejects.toMatchObject({ code: 'FORBIDDEN' })
    await expect(call([scope])).rejects.not.toMatchObject({ code: 'FORBIDDEN' })
    await expect(call(['ADMIN'])).rejects.not.toMatchObject({ code: 'FORBIDDEN' })
  },
)
