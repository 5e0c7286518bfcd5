import { expect, test } from 'vitest'
import { withApp } from '../support/app.ts'
import { startReceiver } from '../support/receiver.ts'
import { allDelivered, deliveriesTo, envelopeOf, subscribe } from './subscribing.ts'
import { publish, save, saveNew, unpublish } from './writing.ts'

const lent = withApp()

const document = 'subscription { events { id ... on PostEvent { post { title status } } } }'

/** Everything that a post goes through, with a word in each unpublished state that no stranger may read. */
const liveThrough = async (name: string): Promise<void> => {
  const { admin } = lent.app
  const id = await saveNew(admin, 'Secret beginnings')
  await save(admin, { id, title: 'Secret middle', slug: `secret-${name}` })
  await save(admin, { id, title: 'Public title', slug: `public-${name}`, source: 'For everyone.' })
  await publish(admin, id)
  await save(admin, { id, title: 'Secret correction', excerpt: 'Secret excerpt' })
  await unpublish(admin, id)
  await save(admin, { id, title: 'Secret end' })
}

test('an endpoint without scopes is told of nothing that was never public, and sees null in place of what no longer is', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  const everyone = await subscribe(app.admin, { url: `${receiver.url}everyone`, document })
  const editors = await subscribe(app.admin, {
    url: `${receiver.url}editors`,
    document,
    scopes: ['CONTENT_READ'],
  })
  await liveThrough('strangers')
  await allDelivered(app.admin, editors.id, 7)
  await allDelivered(app.admin, everyone.id, 2)

  const shown = receiver.requests.filter(({ path }) => path === '/everyone')
  const bySequence = shown.map(envelopeOf).toSorted((a, b) => Number(a.sequence) - Number(b.sequence))

  expect(bySequence.map(({ type, data }) => ({ type, data }))).toEqual([
    {
      type: 'post.published',
      data: expect.objectContaining({ post: { title: 'Public title', status: 'PUBLISHED' } }),
    },
    { type: 'post.unpublished', data: expect.objectContaining({ post: null }) },
  ])
  expect(shown.map(({ body }) => body.toString()).join('\n')).not.toMatch(/secret/i)
})

test('an endpoint with content:read is told of every save', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  const { id } = await subscribe(app.admin, { url: receiver.url, document, scopes: ['CONTENT_READ'] })
  await liveThrough('editors')
  await allDelivered(app.admin, id, 7)

  const events = receiver.requests.map((request) => envelopeOf<{ post: unknown }>(request))
  const bySequence = events.toSorted((a, b) => Number(a.sequence) - Number(b.sequence))

  expect(bySequence.map(({ type, data }) => [type, data.post])).toEqual([
    ['post.created', { title: 'Secret beginnings', status: 'DRAFT' }],
    ['post.draft_saved', { title: 'Secret middle', status: 'DRAFT' }],
    ['post.draft_saved', { title: 'Public title', status: 'DRAFT' }],
    ['post.published', { title: 'Public title', status: 'PUBLISHED' }],
    // What is live did not change: the pending edits are not in it.
    ['post.draft_saved', { title: 'Public title', status: 'PUBLISHED' }],
    ['post.unpublished', { title: 'Secret correction', status: 'DRAFT' }],
    ['post.draft_saved', { title: 'Secret end', status: 'DRAFT' }],
  ])
})

test('an endpoint is told of the types that it named and of no other', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  const { id } = await subscribe(app.admin, {
    url: receiver.url,
    eventTypes: ['POST_UNPUBLISHED'],
    scopes: ['CONTENT_READ'],
  })
  await liveThrough('choosy')
  await allDelivered(app.admin, id, 1)

  expect((await deliveriesTo(app.admin, id)).map(({ event }) => event?.type)).toEqual(['POST_UNPUBLISHED'])
})
