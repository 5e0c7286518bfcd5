import { fileURLToPath } from 'node:url'
import { createApiKey } from '../auth/api-key.ts'
import type { Config } from '../config.ts'
import type { Core } from '../core.ts'
import { readJekyll } from '../importer/jekyll.ts'
import { runImport } from '../importer/run.ts'

const sampleSource = 'sample'
const sampleSite = fileURLToPath(new URL('../../prisma/sample-site', import.meta.url))

/**
 * On the first start of the embedded database: imports the sample site where there is no content and makes an admin key,
 * which is returned. Null when there is a key already. The key comes last, so that a start that was killed halfway is
 * taken up by the next one.
 */
const firstStart = async (core: Core, config: Config): Promise<string | null> => {
  const { db, kind } = core.database
  if (kind !== 'embedded' || (await db.apiKey.count()) > 0) return null
  const ownPosts = await db.post.count({ where: { NOT: { origin: { is: { source: sampleSource } } } } })
  if (ownPosts === 0) {
    await runImport(core.write, readJekyll(sampleSite, { timezone: config.SITE_TIMEZONE, now: new Date() }), {
      source: sampleSource,
    })
  }
  const { key } = await createApiKey(
    db,
    { name: 'First key', scopes: ['ADMIN'], expiresAt: null },
    core.now(),
  )
  return key
}

const text = (url: string | null, firstKey: string | null): string => {
  if (url === null) return 'Presswire worker is running. Stop it with Ctrl-C.'
  const where = `Presswire is running at ${url}/graphql (open it in a browser). Stop it with Ctrl-C.`
  if (firstKey === null) return where
  return `${where}

This admin key is shown only now:

  ${firstKey}

A query to paste:

  curl ${url}/graphql -H 'content-type: application/json' \\
    -d '{"query":"{ posts(first: 3) { nodes { title path author { name } } } }"}'

Write a post, then publish it with the id that comes back:

  curl ${url}/graphql -H 'content-type: application/json' -H 'authorization: Bearer ${firstKey}' \\
    -d '{"query":"mutation { createPost(input: { title: \\"Hello\\", source: \\"*First* post\\" }) { ... on CreatePostPayload { post { id } } } }"}'

  curl ${url}/graphql -H 'content-type: application/json' -H 'authorization: Bearer ${firstKey}' \\
    -d '{"query":"mutation { publishPost(input: { id: \\"post_…\\" }) { ... on PublishPostPayload { post { url publishedAt } } } }"}'
`
}

export const welcome = { firstStart, text }
