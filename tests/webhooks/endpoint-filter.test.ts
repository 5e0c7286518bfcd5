import { beforeAll, expect, test } from 'vitest'
import {
  CreateWebhookEndpointDocument,
  type CreateWebhookEndpointInput,
  DeletePostDocument,
  MergeTagsDocument,
  type PostFilter,
  PreviewWebhookDocument,
  PublishPostDocument,
  TrashPostDocument,
} from '../../schema/generated/graphql.ts'
import { makeAuthor, makeCategory, makeTag } from '../api/terms.ts'
import { withApp } from '../support/app.ts'
import { until } from '../support/until.ts'
import { allDelivered, issuesOf, replay, subscribe, updateEndpoint, updateIssuesOf } from './subscribing.ts'
import { publish, publishNew, save, saveNew, unpublish } from './writing.ts'

const lent = withApp()

beforeAll(async () => {
  const { admin } = lent.app
  await makeAuthor(admin, { name: 'Ann' })
  const parent = await makeCategory(admin, { name: 'Systems' })
  await makeCategory(admin, { name: 'Kernels', parentId: parent.id })
})

const document = 'subscription { events { ... on PostEvent { post { title } } } }'

const subscribed = async (input: Partial<CreateWebhookEndpointInput>): Promise<string> =>
  (await subscribe(lent.app.admin, { url: lent.app.receiver.url, document, ...input })).id

const nothingIsLeft = async () =>
  (await lent.app.database.db.event.count({ where: { fannedOutAt: null } })) === 0

/** What an endpoint was told of, in commit order, once everything has been told. */
const toldTo = async (endpointId: string): Promise<string[]> => {
  const { db } = lent.app.database
  await until(nothingIsLeft)
  const deliveries = await db.webhookDelivery.findMany({
    where: { endpointId },
    orderBy: { sequence: 'asc' },
    select: { event: { select: { type: true } } },
  })
  return deliveries.flatMap(({ event }) => event?.type ?? [])
}

test('a filter is read back as JSON as it was written; absent leaves it alone, null clears it', async () => {
  const { admin } = lent.app
  const filter: PostFilter = {
    OR: [
      { tags: { any: ['news'], none: null } },
      { NOT: { publishedAt: { from: '2026-01-01T00:00:00+02:00', before: null } } },
    ],
    categories: { all: ['systems'], includeDescendants: false },
    status: ['PUBLISHED', 'DRAFT'],
    search: null,
  }
  const id = await subscribed({ filter })
  const kept = {
    OR: [{ tags: { any: ['news'] } }, { NOT: { publishedAt: { from: '2026-01-01T00:00:00+02:00' } } }],
    categories: { all: ['systems'], includeDescendants: false },
    status: ['PUBLISHED', 'DRAFT'],
  }
  expect((await updateEndpoint(admin, { id, description: 'Other' })).filter).toEqual(kept)
  expect((await updateEndpoint(admin, { id, filter: { ids: [id] } })).filter).toEqual({ ids: [id] })
  expect((await updateEndpoint(admin, { id, filter: {} })).filter).toEqual({})
  expect((await updateEndpoint(admin, { id, filter: null })).filter).toBeNull()
})

const tooLarge: [says: RegExp, filter: PostFilter][] = [
  [
    /^"filter\.AND\[0\]\.tags\.any" has 101 values; at most 100/,
    { AND: [{ tags: { any: Array(101).fill('x') } }] },
  ],
  [/has 51 filters within AND, OR and NOT; at most 50/, { OR: Array(50).fill({}) }],
  [
    /^"filter" has 21 conditions on authors, .* at most 20/,
    { AND: Array.from({ length: 21 }, () => ({ tags: { all: ['x'] } })) },
  ],
  [/^"filter\.search" is 501 characters long/, { search: 'x'.repeat(501) }],
  [/^"filter\.authors\.none" has the value .*NUL/, { authors: { none: ['\0'] } }],
  [/^"filter" has \d+ bytes; at most 16384 are kept/, { ids: Array(100).fill('x'.repeat(200)) }],
]

test.for(tooLarge)('what no list would take is an issue of the field: %s', async ([says, filter]) => {
  const { app } = lent
  const expected = [{ path: ['input', 'filter'], message: expect.stringMatching(says) }]
  const id = await subscribed({ filter: { tags: { any: ['kept'] } } })

  expect(await issuesOf(app.admin, { url: app.receiver.url, filter })).toEqual(expected)
  expect(await updateIssuesOf(app.admin, { id, filter })).toEqual(expected)
  expect((await updateEndpoint(app.admin, { id })).filter).toEqual({ tags: { any: ['kept'] } })
})

test('a state that there is not is an error of the request', async () => {
  const { status, errors } = await lent.app.admin.send(String(CreateWebhookEndpointDocument), {
    input: { url: lent.app.receiver.url, filter: { status: ['LOST'] } },
  })
  expect([status, errors[0]?.extensions?.code]).toEqual([400, 'BAD_USER_INPUT'])
})

const published = ['post.published']
const systems = { categories: ['Kernels'] }
const matches: [of: string, filter: PostFilter, post: Parameters<typeof saveNew>[2], told: string[]][] = [
  ['any of its tags', { tags: { any: ['red', 'blue'] } }, { tags: ['blue'] }, published],
  ['none of its tags', { tags: { any: ['red', 'blue'] } }, { tags: ['green'] }, []],
  ['a category below', { categories: { any: ['systems'] } }, systems, published],
  [
    'a category below where that does not count',
    { categories: { any: ['systems'], includeDescendants: false } },
    systems,
    [],
  ],
  ['an author', { authors: { all: ['ann'] } }, { authors: ['ann'] }, published],
  ['no author', { authors: { all: ['ann'] } }, {}, []],
  ['a word in the text', { search: 'zeppelin' }, { source: 'Of zeppelins.' }, published],
  ['no such word', { search: 'zeppelin' }, { source: 'Of balloons.' }, []],
  ['a search without words', { search: '!?' }, { source: '!?' }, []],
  ['not what is excluded', { NOT: { tags: { any: ['red'] } } }, { tags: ['red'] }, []],
  [
    'a date in the span',
    { publishedAt: { from: '2009-01-01T00:00:00Z', before: '2010-01-01T00:00:00Z' } },
    { publishedAt: '2009-12-31T23:59:59Z' },
    published,
  ],
  [
    'a date outside of it',
    { publishedAt: { from: '2009-01-01T00:00:00Z', before: '2010-01-01T00:00:00Z' } },
    { publishedAt: '2010-01-01T00:00:00Z' },
    [],
  ],
  ['another state', { status: ['DRAFT'] }, {}, []],
  ['an empty filter, which holds what is published', {}, {}, published],
]

test.for(matches)('by what a post is when it is published: %s', async ([title, filter, post, told]) => {
  const id = await subscribed({ filter })
  await publishNew(lent.app.admin, title, post)
  expect(await toldTo(id)).toEqual(told)
})

test('a post that leaves the set is told once more, and no more after it, until it enters again', async () => {
  const { admin } = lent.app
  const id = await subscribed({ filter: { tags: { any: ['in'] } } })
  const other = await subscribed({ filter: { tags: { any: ['out'] } } })
  const { post } = await publishNew(admin, 'Comes and goes', { tags: ['out'] })
  const retag = async (tags: string[]) => {
    await save(admin, { id: post.id, tags })
    await publish(admin, post.id)
  }
  expect([await toldTo(id), await toldTo(other)]).toEqual([[], ['post.published']])

  await retag(['in'])
  expect([await toldTo(id), await toldTo(other)]).toEqual([
    ['post.updated'],
    ['post.published', 'post.updated'],
  ])
  await save(admin, { id: post.id, title: 'Still in' })
  await publish(admin, post.id)
  await retag(['out'])
  await save(admin, { id: post.id, title: 'Out for good' })
  await publish(admin, post.id)

  expect(await toldTo(id)).toEqual(['post.updated', 'post.updated', 'post.updated'])
  expect(await toldTo(other)).toEqual(['post.published', 'post.updated', 'post.updated', 'post.updated'])
})

test('a search is asked of the words that a post had and of those that it has', async () => {
  const { admin } = lent.app
  const id = await subscribed({ filter: { search: 'walrus' } })
  const { post } = await publishNew(admin, 'Sea', { source: 'A walrus.' })
  const reword = async (source: string) => {
    await save(admin, { id: post.id, source })
    await publish(admin, post.id)
  }
  for (const source of ['A seal.', 'Two seals.', 'A seal and a walrus.']) await reword(source)
  expect(await toldTo(id)).toEqual(['post.published', 'post.updated', 'post.updated'])
})

test('what is taken back, thrown away or deleted is told to those in whose set it was', async () => {
  const { admin } = lent.app
  const live = await subscribed({ filter: { tags: { any: ['ends'] } } })
  const bin = await subscribed({
    filter: { tags: { any: ['ends'] }, status: ['TRASHED'] },
    scopes: ['CONTENT_READ'],
  })
  const { post } = await publishNew(admin, 'Ends', { tags: ['ends'] })
  await unpublish(admin, post.id)
  await publish(admin, post.id)
  await admin.run(TrashPostDocument, { input: { id: post.id } })
  await admin.run(DeletePostDocument, { input: { id: post.id } })

  expect(await toldTo(live)).toEqual(['post.published', 'post.unpublished', 'post.published', 'post.trashed'])
  expect(await toldTo(bin)).toEqual(['post.trashed', 'post.deleted'])
})

test('a schedule that fires is told as a person would have it told, at both of its ends', async () => {
  const { admin, clock, worker } = lent.app
  const minute = 60_000
  const inMinutes = (minutes: number) => new Date(clock.now().getTime() + minutes * minute).toISOString()
  const inSet = await subscribed({ filter: { tags: { any: ['timed'] } } })
  const draft = await saveNew(admin, 'In time', { tags: ['timed'] })
  const input = { id: draft, at: inMinutes(1), unpublishAt: inMinutes(2) }
  await admin.run(PublishPostDocument, { input })
  expect(await toldTo(inSet)).toEqual([])

  // Both ends have come before anybody looked: one transaction, in which the post is public for a moment.
  clock.advance(3 * minute)
  await worker?.sweep()
  await until(async () => (await toldTo(inSet)).length === 2)
  expect(await toldTo(inSet)).toEqual(['post.published', 'post.unpublished'])
})

test('by id: of that post alone', async () => {
  const { admin } = lent.app
  const draft = await saveNew(admin, 'This one')
  const id = await subscribed({ filter: { ids: [draft] } })
  await publishNew(admin, 'Another one')
  await publish(admin, draft)
  expect(await toldTo(id)).toEqual(['post.published'])
})

test('with content:read a filter sees what its scopes see; without, what is public', async () => {
  const { admin } = lent.app
  const filter: PostFilter = { status: ['DRAFT', 'PUBLISHED'], tags: { any: ['eyes'] } }
  const editors = await subscribed({ filter, scopes: ['CONTENT_READ'] })
  const readers = await subscribed({ filter })
  const draft = await saveNew(admin, 'Eyes', { tags: ['eyes'] })
  await saveNew(admin, 'No eyes')
  await publish(admin, draft)
  await save(admin, { id: draft, tags: ['ears'] })

  expect(await toldTo(editors)).toEqual(['post.created', 'post.published', 'post.draft_saved'])
  expect(await toldTo(readers)).toEqual(['post.published'])
})

test('events of anything but posts come only where they are asked for by name', async () => {
  const { admin } = lent.app
  const filter: PostFilter = { tags: { any: ['asked'] } }
  const silent = await subscribed({ filter, scopes: ['ADMIN'] })
  const naming = await subscribed({ filter, eventTypes: ['TAG_CREATED', 'POST_PUBLISHED'] })
  await makeTag(admin, { name: 'Asked' })
  await publishNew(admin, 'Not asked')
  await publishNew(admin, 'Asked', { tags: ['Asked'] })

  expect(await toldTo(silent)).toEqual(['post.published'])
  expect(await toldTo(naming)).toEqual(['tag.created', 'post.published'])
})

test('after a merge of tags the posts of both are in the set of the one that is left', async () => {
  const { admin } = lent.app
  const [gone, left] = [await makeTag(admin, { name: 'Gone' }), await makeTag(admin, { name: 'Left' })]
  const ofGone = await subscribed({ filter: { tags: { any: ['gone'] } } })
  const ofLeft = await subscribed({
    filter: { tags: { any: ['left'] } },
    eventTypes: ['TAG_MERGED', 'POST_PUBLISHED', 'POST_UNPUBLISHED'],
  })
  const { post } = await publishNew(admin, 'Merged', { tags: ['Gone'] })
  await admin.run(MergeTagsDocument, { input: { sourceIds: [gone.id], targetId: left.id } })
  await unpublish(admin, post.id)

  expect(await toldTo(ofGone)).toEqual(['post.published'])
  expect(await toldTo(ofLeft)).toEqual(['tag.merged', 'post.unpublished'])
})

test('another filter holds for what happens from then on', async () => {
  const { admin } = lent.app
  const id = await subscribed({ filter: { tags: { any: ['old'] } } })
  await publishNew(admin, 'Old', { tags: ['old'] })
  await updateEndpoint(admin, { id, filter: { tags: { any: ['new'] } } })
  await publishNew(admin, 'Old again', { tags: ['old'] })
  await publishNew(admin, 'New', { tags: ['new'] })
  await updateEndpoint(admin, { id, filter: null, eventTypes: ['POST_UNPUBLISHED'] })
  const { post } = await publishNew(admin, 'Any')
  await unpublish(admin, post.id)
  expect(await toldTo(id)).toEqual(['post.published', 'post.published', 'post.unpublished'])
})

test('whoever lacks a scope of an endpoint cannot ask with it', async () => {
  const { app } = lent
  const id = await subscribed({ scopes: ['CONTENT_READ'] })
  const manager = await app.clientWith('WEBHOOKS_MANAGE')
  const filter: PostFilter = { status: ['DRAFT'], search: 'secret' }
  expect(await updateIssuesOf(manager, { id, filter })).toEqual([
    { path: ['input', 'filter'], message: expect.stringContaining('CONTENT_READ') },
  ])
})

test('a filter that fails stops nobody: its endpoint is told, the others as ever', async () => {
  const { admin, database, log } = lent.app
  const broken = await subscribed({ filter: { tags: { any: ['broken'] } } })
  const sound = await subscribed({ filter: { tags: { any: ['sound'] } } })
  await database.db.webhookEndpoint.update({
    where: { id: broken },
    data: { filter: { status: ['LOST'] } },
  })
  await publishNew(admin, 'Not sound')
  await publishNew(admin, 'Sound', { tags: ['sound'] })

  expect(await toldTo(broken)).toEqual(['post.published', 'post.published'])
  expect(await toldTo(sound)).toEqual(['post.published'])
  // Expected here, and of nothing else in this file.
  const failures = log.filter(({ level }) => level === 'error')
  for (const failure of failures) log.splice(log.indexOf(failure), 1)
  expect(new Set(failures.map(({ message }) => message))).toEqual(new Set(['a filter of an endpoint failed']))
})

test('a filter that was kept when filters could be larger is not judged, and its endpoint is told of everything', async () => {
  const { admin, database, log } = lent.app
  const slugs = Array.from({ length: 100 }, (_, index) => `slug-${index}`)
  const old = await subscribed({ filter: { tags: { any: ['old'] } } })
  const sound = await subscribed({ filter: { tags: { any: ['young'] } } })
  await database.db.webhookEndpoint.update({
    where: { id: old },
    data: { filter: { AND: slugs.slice(0, 21).map((slug) => ({ tags: { all: [slug] } })) } },
  })
  const draft = await saveNew(admin, 'Judged', { tags: ['young'] })
  const { statements } = await lent.app.countStatements(() => publish(admin, draft))

  expect([await toldTo(old), await toldTo(sound)]).toEqual([['post.published'], ['post.published']])
  expect(statements.filter((sql) => /ROLLBACK TO SAVEPOINT matching/.test(sql))).toEqual([])
  // Expected here, and of nothing else in this file.
  for (const failure of log.filter(({ level }) => level === 'error')) log.splice(log.indexOf(failure), 1)
})

test('without a filter anywhere nothing is judged; ten of them take no more statements than one', async () => {
  const { app } = lent
  const aboutFilters = async () => {
    const draft = await saveNew(app.admin, 'Counted')
    const { statements } = await app.countStatements(() => publish(app.admin, draft))
    return statements.filter((sql) => /matching|"isDeep"|AS index/.test(sql)).length
  }
  const [none, counts] = [await aboutFilters(), [] as number[]]
  for (const count of [1, 9]) {
    for (let at = 0; at < count; at++)
      await subscribed({ filter: { tags: { any: [`t${count}-${at}`] }, search: `w${at}` } })
    counts.push(await aboutFilters())
  }
  // Before and after: a savepoint, its release, the slugs and the posts.
  expect([none, ...counts]).toEqual([0, 8, 8])
})

test('a replay sends what was in the set when it happened, also while the endpoint was disabled', async () => {
  const { admin, clock } = lent.app
  const id = await subscribed({ filter: { tags: { any: ['kept'] } } })
  clock.advance(1_000)
  const since = clock.now().toISOString()
  const { post } = await publishNew(admin, 'Leaves', { tags: ['kept'] })
  await publishNew(admin, 'Never in')
  const later = await publishNew(admin, 'Enters later')
  await updateEndpoint(admin, { id, status: 'DISABLED' })
  await save(admin, { id: post.id, tags: [] })
  await publish(admin, post.id)
  await save(admin, { id: later.post.id, tags: ['kept'] })
  await publish(admin, later.post.id)
  await unpublish(admin, post.id)
  await makeTag(admin, { name: 'Not a post' })
  await updateEndpoint(admin, { id, status: 'ACTIVE' })
  await until(nothingIsLeft)

  const { count, hasMore } = await replay(admin, id, { since })
  await allDelivered(admin, id, 3)

  expect([count, hasMore]).toEqual([3, false])
  expect(await toldTo(id)).toEqual(['post.published', 'post.updated', 'post.updated'])
})

test('what is older than the filter is replayed and previewed by what the post is now', async () => {
  const { admin, clock } = lent.app
  clock.advance(1_000)
  const since = clock.now().toISOString()
  const stays = await publishNew(admin, 'Stays', { tags: ['since'] })
  const left = await publishNew(admin, 'Has left', { tags: ['since'] })
  await unpublish(admin, left.post.id)
  const other = await publishNew(admin, 'Was never in')
  await until(nothingIsLeft)
  const endpointId = await subscribed({ filter: { tags: { any: ['since'] } } })
  const wouldBeSent = async (eventId: string) =>
    (await admin.run(PreviewWebhookDocument, { input: { endpointId, eventId } })).previewWebhook.wouldBeSent

  const previews = [stays, left, other].map(({ event }) => wouldBeSent(event.id))
  expect(await Promise.all(previews)).toEqual([true, false, false])
  expect(await replay(admin, endpointId, { since })).toMatchObject({ count: 1, hasMore: false })
  await allDelivered(admin, endpointId, 1)

  // From here on it is decided with the event, whatever becomes of the post.
  const goes = await publishNew(admin, 'Goes', { tags: ['since'] })
  await unpublish(admin, goes.post.id)
  const comes = await publishNew(admin, 'Comes')
  await save(admin, { id: comes.post.id, tags: ['since'] })
  await publish(admin, comes.post.id)
  expect([await wouldBeSent(goes.event.id), await wouldBeSent(comes.event.id)]).toEqual([true, false])
  await until(nothingIsLeft)
})
