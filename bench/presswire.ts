import { openDatabase } from '../src/db/client.ts'
import { createApiKey } from '../src/keys/api-key.ts'
import { createClient } from '../tests/support/client.ts'
import { type ServerProcess, startServer } from './server-process.ts'

/** As `npm start` runs it, but with no limit on how often one address may ask, and with webhooks to this machine. */
export const startPresswire = (
  databaseUrl: string,
  env: Record<string, string> = {},
): Promise<ServerProcess> =>
  startServer('src/main.ts', ['serve'], {
    DATABASE_URL: databaseUrl,
    SECRET_KEY: 'a secret key that only the benchmarks use',
    HOST: '127.0.0.1',
    PORT: '0',
    RATE_LIMIT_PER_MINUTE: '0',
    WEBHOOK_ALLOW: '127.0.0.1',
    ...env,
  })

/** An admin key, made in the database. */
export const newKey = async (databaseUrl: string): Promise<string> => {
  const { db, close } = await openDatabase({ url: databaseUrl })
  try {
    return (await createApiKey(db, { name: 'bench', scopes: ['ADMIN'], expiresAt: null }, new Date())).key
  } finally {
    await close()
  }
}

export type Editor = ReturnType<typeof editorOf>

/** What an editor's program does, with a key that may do everything. */
export const editorOf = (url: string, key: string) => {
  const client = createClient(url, key)
  /** @throws Error when the mutation answered with a problem. */
  const mutate = async (
    field: string,
    input: object,
    selection: string,
  ): Promise<Record<string, unknown>> => {
    const name = field.charAt(0).toUpperCase() + field.slice(1)
    const { data, errors } = await client.send(
      `mutation ($input: ${name}Input!) { ${field}(input: $input) { ... on ${name}Payload { ${selection} } ... on Error { message } } }`,
      { input },
    )
    const result = data?.[field] as Record<string, unknown> | undefined
    if (!result || errors.length > 0 || 'message' in result) {
      throw new Error(`${field} failed: ${JSON.stringify({ result, errors })}`)
    }
    return result
  }
  return {
    /** Another name for the title makes another document. */
    subscribe: (url: string, title = 'title') =>
      mutate(
        'createWebhookEndpoint',
        {
          url,
          eventTypes: ['POST_PUBLISHED'],
          document: `subscription { events { id ... on PostEvent { post { ${title}: title path author { name } tags { name } } } } }`,
        },
        'webhookEndpoint { id }',
      ),
    draft: async (title: string): Promise<string> => {
      const { post } = await mutate('createPost', { title, source: 'Text', tags: ['bench'] }, 'post { id }')
      return (post as { id: string }).id
    },
    publish: (id: string) => mutate('publishPost', { id }, 'event { id }'),
  }
}
