import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, inject, test } from 'vitest'
import { LatestPostsDocument, PostByDocument, ViewerDocument } from '../../schema/generated/graphql.ts'
import { type Serving, withHome } from '../support/process.ts'

const lent = withHome({ untouched: true })

describe.skipIf(inject('kind') !== 'embedded')(
  'the embedded database (a PostgreSQL is set up by hand)',
  () => {
    let first: Serving
    let key = ''
    let createdId = ''

    test('the first start prints its address, one admin key, and commands to paste', {
      timeout: 90_000,
    }, async () => {
      first = await lent.home.serve()
      const keys = [...new Set(first.stderr().match(/pw_[\w-]{43}/g))]
      const pasted = pastedRequests(first)

      expect(keys).toHaveLength(1)
      key = keys[0] ?? ''
      expect(await first.clientOf(key).run(ViewerDocument)).toMatchObject({ viewer: { scopes: ['ADMIN'] } })
      expect(pasted.map(({ body }) => /^\{"query":"(mutation|\{)/.exec(body)?.[1])).toEqual([
        '{',
        'mutation',
        'mutation',
      ])
    })

    test('it serves the 13 posts of the sample site and neither its draft nor its scheduled one', async () => {
      const { posts } = await first.anonymous.run(LatestPostsDocument, { first: 100 })

      expect(posts.nodes).toHaveLength(13)
      expect(posts.nodes[0]).toMatchObject({ author: { name: expect.any(String) } })
    })

    test('the printed query and mutations do what they say, word for word', async () => {
      const [query, create, publish] = pastedRequests(first)
      const listed = await paste(query)
      const created = (await paste(create)) as { data: { createPost: { post: { id: string } } } }
      createdId = created.data.createPost.post.id
      const published = await paste(
        publish && { ...publish, body: publish.body.replace('post_…', createdId) },
      )

      expect(listed).toMatchObject({ data: { posts: { nodes: [{}, {}, {}] } } })
      expect(published).toMatchObject({
        data: {
          // SITE_URL is unset and the system chose the port: the site is where the API is.
          publishPost: {
            post: {
              url: expect.stringMatching(new RegExp(`^${first.url}/.*/hello/$`)),
              publishedAt: expect.any(String),
            },
          },
        },
      })
    })

    test('SECRET_KEY is made in the folder, for its owner alone', async () => {
      const { mode } = await stat(join(lent.home.env.DATA_DIR ?? '', 'secret.key'))

      expect((mode & 0o777).toString(8)).toBe('600')
    })

    test('a second start keeps everything and prints no key', { timeout: 90_000 }, async () => {
      expect(await first.kill('SIGTERM')).toMatchObject({ code: 0, signal: null })
      const second = await lent.home.serve()
      const admin = second.clientOf(key)

      expect(second.stderr()).toContain(`Presswire is running at ${second.url}/graphql`)
      expect(second.stderr()).not.toContain('pw_')
      expect((await second.anonymous.run(LatestPostsDocument, { first: 100 })).posts.nodes).toHaveLength(14)
      expect(await admin.run(PostByDocument, { by: { id: createdId } })).toMatchObject({
        post: { title: 'Hello', status: 'PUBLISHED' },
      })
      expect(await second.kill('SIGINT')).toMatchObject({ code: 0, signal: null })
    })

    test("a stop leaves nothing that says who was there, and the folder is its user's alone", async () => {
      const folder = lent.home.env.DATA_DIR ?? ''
      const entries = await readdir(folder, { recursive: true })

      expect((await readdir(folder)).toSorted()).toEqual(['db', 'presswire.held', 'secret.key'])
      for (const path of ['.', ...entries]) {
        const found = await stat(join(folder, path))
        // PostgreSQL's cache of its catalogue is made readable, in a folder that is not.
        const others = found.mode & (found.isDirectory() ? 0o077 : 0o022)
        expect(others.toString(8), path).toBe('0')
      }
    })
  },
)

type Pasted = { url: string; headers: Record<string, string>; body: string }

/** The printed curl commands, as a shell would read them. */
const pastedRequests = (serving: Serving): Pasted[] =>
  serving
    .stderr()
    .split('  curl ')
    .slice(1)
    .map((command) => ({
      url: command.slice(0, command.indexOf(' ')),
      headers: Object.fromEntries(
        [...command.matchAll(/-H '([^:]+): ([^']+)'/g)].map(([, name, value]) => [name, value]),
      ),
      body: /-d '([^']+)'/.exec(command)?.[1] ?? '',
    }))

const paste = async (request: Pasted | undefined): Promise<unknown> => {
  if (!request) throw new Error('That command was not printed.')
  const { url, ...rest } = request
  return (await fetch(url, { method: 'POST', ...rest })).json()
}
