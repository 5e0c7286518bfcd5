import { type App, startApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { createApiKey } from '../../src/keys/api-key.ts'
import { type Client, createClient } from './client.ts'

/** An app on a database that a test does something to, which the app logs as errors. */
export type ServingApp = {
  app: App
  url: string
  anonymous: Client
  admin: Client
  /** The status of a GET. */
  statusOf(path: string): Promise<number>
  errors: unknown[]
  stop(): Promise<void>
}

export const serveOn = async (databaseUrl: string, env: Record<string, string> = {}): Promise<ServingApp> => {
  const errors: unknown[] = []
  const log = {
    info: () => undefined,
    warn: () => undefined,
    error: ({ err }: { err?: unknown }) => void errors.push(err),
  }
  const settings = {
    DATABASE_URL: databaseUrl,
    SECRET_KEY: 'x'.repeat(32),
    PORT: '0',
    HOST: '127.0.0.1',
    WEBHOOK_ALLOW: '127.0.0.1',
    ...env,
  }
  const app = await startApp(readConfig(settings), { log })
  const url = app.url ?? ''
  const made = { name: 'Test', scopes: ['ADMIN' as const], expiresAt: null }
  const { key } = await createApiKey(app.core.database.db, made, new Date())
  return {
    app,
    url,
    anonymous: createClient(url, null),
    admin: createClient(url, key),
    statusOf: async (path) => (await fetch(url + path)).status,
    errors,
    stop: () => app.stop(2_000),
  }
}
