import { expect, test } from 'vitest'
import { withApp } from '../support/app.ts'
import { create, createAndPublish } from './writing.ts'
const lent = withApp({ role: 'api', expectErrors: true })
test('x', async () => {
  const { app } = lent
  const a = (await create(app.admin, { title: 'A', source: 'x', tags: ['one'] })).post.id
  const b = (await create(app.admin, { title: 'B', source: 'x', tags: ['one'] })).post.id
  const f = '{ ... on PublishPostPayload { post { tags { name postCount posts { totalCount nodes { title } } } } } }'
  console.log(JSON.stringify(await app.admin.send(`mutation { a: publishPost(input: {id: "${a}"}) ${f} b: publishPost(input: {id: "${b}"}) ${f} }`)))
  const g = '{ ... on UpdatePostPayload { post { title tags { name } author { name } authors { name } } event { ... on PostEvent { post { title } } } } }'
  const c = (await create(app.admin, { title: 'C', source: 'x', tags: ['one'] })).post.id
  console.log(JSON.stringify(await app.admin.send(`mutation { a: updatePost(input: {id: "${c}", tags: ["two"], title: "a"}) ${g} b: updatePost(input: {id: "${c}", title: "b", tags: ["three"]}) ${g} }`)))
  const id = await createAndPublish(app.admin, { title: 'V', source: 'x' })
  const h = '{ __typename ... on UpdatePostPayload { post { version hasUnpublishedChanges } } ... on VersionConflictError { message current { version } } }'
  console.log(JSON.stringify(await app.admin.send(`mutation { a: updatePost(input: {id: "${id}", expectedVersion: 2, title: "a"}) ${h} b: updatePost(input: {id: "${id}", expectedVersion: 2, title: "b"}) ${h} }`)))
  // paths & urls
  for (const path of ['/%/', '/a b/', '/"><script>/', '/é/', '/\u202e/', '/.well-known/x', '/graphql'])
    console.log(JSON.stringify((await app.admin.send('mutation ($p: String) { createPost(input: {title: "p", source: "x", path: $p}) { __typename ... on CreatePostPayload { post { path url } } ... on Error { message } } }', { p: path })).data))
  for (const url of ['https://', 'https://exa mple.com/', 'http://[::1', 'https://example.com/\0', 'https://user:pw@example.com/', 'HTTPS://EXAMPLE.COM', `https://e.com/${'x'.repeat(9000)}`])
    console.log(url.slice(0, 40), JSON.stringify((await app.admin.send('mutation ($p: URL) { createPost(input: {title: "p", source: "x", seo: {canonicalUrl: $p}}) { __typename ... on CreatePostPayload { post { seo { canonicalUrl } } } ... on Error { message } } }', { p: url })).data).slice(0, 200))
  for (const slug of ['-', '--', '...', '.hidden', 'a'.repeat(200), '_'])
    console.log(slug.slice(0, 40), JSON.stringify((await app.admin.send('mutation ($p: String) { createPost(input: {title: "p", source: "x", slug: $p}) { __typename ... on CreatePostPayload { post { path } } ... on Error { message } } }', { p: slug })).data).slice(0, 200))
  const tags = Array.from({ length: 300 }, (_, i) => `tag ${i}`)
  console.log(JSON.stringify((await app.admin.send('mutation ($p: [String!]) { createPost(input: {title: "p", source: "x", tags: $p}) { __typename } }', { p: tags }))).slice(0, 300))
  console.log(app.log.filter((l) => l.level === 'error').map((l) => String(l.fields.err).slice(0, 300)))
  expect(1).toBe(1)
})
