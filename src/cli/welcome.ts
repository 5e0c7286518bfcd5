import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Config } from '../config.ts'
import type { Core } from '../core.ts'
import { runImport } from '../importer/run.ts'
import { readJekyll } from '../importer/sources/jekyll/jekyll.ts'
import { createApiKey } from '../keys/api-key.ts'

const sampleSource = 'sample'
const sampleSite = fileURLToPath(new URL('../../prisma/sample-site', import.meta.url))

/** The key of a first start. `shown` is called once it was printed: until then the next start makes another one. */
type FirstKey = { id: string; key: string; shown(): void }

/**
 * On the first start of the embedded database: imports the sample site where there is no content and makes an admin key.
 * Null when there is a key already. A start that was killed halfway, or failed before it had shown the key, is taken up by
 * the next one.
 */
const firstStart = async (core: Core, config: Config, signal?: AbortSignal): Promise<FirstKey | null> => {
  const { db, kind } = core.database
  const unseen = join(config.DATA_DIR, 'first-key.unseen')
  if (kind !== 'embedded' || ((await db.apiKey.count()) > 0 && !existsSync(unseen))) return null
  const ownPosts = await db.post.count({ where: { NOT: { origin: { is: { source: sampleSource } } } } })
  if (ownPosts === 0) {
    await runImport(core.write, readJekyll(sampleSite, { timezone: config.SITE_TIMEZONE, now: new Date() }), {
      source: sampleSource,
    })
  }
  signal?.throwIfAborted()
  writeFileSync(unseen, '')
  const { apiKey, key } = await createApiKey(
    db,
    { name: 'First key', scopes: ['ADMIN'], expiresAt: null },
    core.now(),
  )
  return { id: apiKey.id, key, shown: () => rmSync(unseen, { force: true }) }
}

const text = (url: string | null, first: FirstKey | null): string => {
  if (url === null) return 'Presswire worker is running. Stop it with Ctrl-C.'
  const where = `Presswire is running at ${url}/graphql (open it in a browser). Stop it with Ctrl-C.`
  if (first === null) return where
  const { id, key } = first
  return `${where}

This admin key is shown only now:

  ${key}

Where this output is kept, as a container's log is, so is the key: there createApiKey makes another one, and
revokeApiKey(input: { id: "${id}" }) ends this one.

A query to paste:

  curl ${url}/graphql -H 'content-type: application/json' \\
    -d '{"query":"{ posts(first: 3) { nodes { title path author { name } } } }"}'

Write a post, then publish it with the id that comes back:

  curl ${url}/graphql -H 'content-type: application/json' -H 'authorization: Bearer ${key}' \\
    -d '{"query":"mutation { createPost(input: { title: \\"Hello\\", source: \\"*First* post\\" }) { ... on CreatePostPayload { post { id } } } }"}'

  curl ${url}/graphql -H 'content-type: application/json' -H 'authorization: Bearer ${key}' \\
    -d '{"query":"mutation { publishPost(input: { id: \\"post_…\\" }) { ... on PublishPostPayload { post { url publishedAt } } } }"}'
`
}

export const welcome = { firstStart, text }
