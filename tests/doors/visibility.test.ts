import { beforeAll, describe, expect, test } from 'vitest'
import { schema } from '../../src/graphql/schema.ts'
import { system } from '../../src/keys/viewer.ts'
import { ensureTerm } from '../../src/taxonomy/shared/ensure.ts'
import { type Arguments, type Step, visitedBy, walk } from '../api/walk.ts'
import { create, createAndPublish, publish, update } from '../api/writing.ts'
import { withApp } from '../support/app.ts'
import { makePosts } from '../support/posts.ts'

const lent = withApp({ role: 'api' })

/** A post with a word of its own in everything that can be written. */
const wordy = (word: string) => ({
  title: `The ${word} title`,
  source: `The ${word} source.\n\n## ${word} heading\n\n![${word} alt](/${word}.jpg)`,
  slug: `${word}-slug`,
  path: `/${word}-path/`,
  excerpt: `The ${word} excerpt.`,
  layout: `${word}-layout`,
  tags: [`${word} tag`],
  seo: { title: `${word} seo`, description: `${word} seo`, canonicalUrl: `https://example.com/${word}` },
  metadata: { [word]: word },
  coverImage: { url: `https://example.com/${word}.jpg`, alt: word },
})

/** An author and a category as an import makes them, which nothing but the draft names. */
const draftOnly = { authors: ['canarydraft-author'], categories: ['canarydraft-category'] }

const states = ['draft', 'scheduled', 'trashed', 'unpublished', 'pending'] as const
const canary = (state: (typeof states)[number]) => `canary${state}`
const canaries = states.map(canary)
const posts = new Map<string, string>()

beforeAll(async () => {
  const { app } = lent
  const { db } = app.database
  await makePosts(app, { count: 3 })
  await app.core.write(system('an import'), async (w) => {
    await ensureTerm(w, 'author', {
      slug: 'canarydraft-author',
      name: 'The canarydraft author',
      bio: 'canarydraft',
    })
    await ensureTerm(w, 'category', { slug: 'canarydraft-category', name: 'The canarydraft category' })
  })
  for (const state of ['draft', 'scheduled', 'trashed'] as const) {
    const filed = state === 'draft' ? draftOnly : {}
    posts.set(state, (await create(app.admin, { ...wordy(canary(state)), ...filed })).post.id)
  }
  const scheduledAt = new Date('2099-01-01T00:00:00Z')
  const schedule = { status: 'SCHEDULED', scheduledAt, sortDate: scheduledAt } as const
  await db.post.update({ where: { id: posts.get('scheduled') }, data: schedule })
  await db.post.update({ where: { id: posts.get('trashed') }, data: { status: 'TRASHED' } })
  const plain = { source: 'Open.', authors: ['author-01'], categories: ['category-01'], tags: ['tag-01'] }
  const taken = await createAndPublish(app.admin, { title: 'Taken back', ...plain })
  await app.admin.send('mutation ($id: ID!) { unpublishPost(input: { id: $id }) { __typename } }', {
    id: taken,
  })
  await update(app.admin, { id: taken, ...wordy(canary('unpublished')) })
  posts.set('unpublished', taken)
  const live = await createAndPublish(app.admin, { title: 'Live', ...plain })
  await update(app.admin, { id: live, ...wordy(canary('pending')) })
  posts.set('pending', live)
})

/** Of each kind all that is one's own, and one of every other kind: no id or slug of another opens a door either. */
const orOneOfTheOthers = (named: Record<string, string[]>, ...own: string[]): string[] =>
  Object.entries(named).flatMap(([kind, names]) => (own.includes(kind) ? names : names.slice(0, 1)))

/** Every name by which the canaries might be reached, and the id of everything there is. */
const everyArgument = async (): Promise<Arguments> => {
  const { db } = lent.app.database
  const all = async (rows: Promise<{ id: string }[]>) => (await rows).map((row) => row.id)
  const slugs = {
    post: canaries.map((word) => `${word}-slug`),
    author: [...draftOnly.authors, 'author-01'],
    category: [...draftOnly.categories, 'category-01'],
    tag: [...canaries.map((word) => `${word}-tag`), 'tag-01'],
  }
  const ids = {
    post: await all(db.post.findMany({ where: { id: { in: [...posts.values()] } } })),
    author: await all(db.author.findMany({ where: { slug: { in: slugs.author } } })),
    category: await all(db.category.findMany({ where: { slug: { in: slugs.category } } })),
    tag: await all(db.tag.findMany({ where: { name: { contains: 'canary' } } })),
    event: await all(db.event.findMany()),
    revision: await all(db.postRevision.findMany({ take: 1 })),
    key: await all(db.apiKey.findMany({ take: 1 })),
  }
  const everyId = Object.values(ids).flat()
  const byIdOrSlug = (...own: string[]) => [
    ...orOneOfTheOthers(ids, ...own).map((id) => ({ id })),
    ...orOneOfTheOthers(slugs, ...own).map((slug) => ({ slug })),
  ]
  const byPath = canaries.map((word) => ({ path: `/${word}-path/` }))
  const byOrigin = [{ guid: 'none' }, { legacyId: '1' }, { origin: { source: 'none', id: '1' } }]
  const orders = [
    { field: 'NAME', direction: 'ASC' },
    { field: 'UPDATED_AT', direction: 'DESC' },
  ]
  return {
    'by: PostBy!': [...byIdOrSlug('post'), ...byPath, ...byOrigin],
    'by: AuthorBy!': byIdOrSlug('author'),
    'by: TermBy!': byIdOrSlug('category', 'tag'),
    'id: ID!': everyId,
    // Few at a time: the cost of a query is counted by the ids that it names.
    'ids: [ID!]!': everyId.flatMap((_, index) => (index % 8 === 0 ? [everyId.slice(index, index + 8)] : [])),
    // Null is what anybody made, and of any post.
    'createdById: ID': [null, ...ids.key],
    'postId: ID': [null, ...ids.post],
    // The lists that a query makes are counted.
    'first: Int': [2],
    'first: Int!': [2],
    'url: String!': [
      ...canaries.map((word) => `/${word}-path/`),
      ...draftOnly.authors.map((slug) => `/author/${slug}/`),
      ...draftOnly.categories.map((slug) => `/category/${slug}/`),
      `/tag/${canary('draft')}-tag/`,
    ],
    'filter: AuthorFilter': [{}, { search: 'canary' }, { hasPosts: false }],
    'filter: TermFilter': [{}, { search: 'canary' }, { hasPosts: false }],
    'orderBy: AuthorOrder': orders,
    'orderBy: TermOrder': orders,
    'after: String': [],
    'last: Int': [],
    'before: String': [],
    // One is enough: all are columns of the same row, and more would be more aliases than a query may have.
    'format: ContentFormat!': ['MARKDOWN'],
    'previewToken: String': [`pwp_${'x'.repeat(43)}`],
    'includeDescendants: Boolean!': [true, false],
    'filter: WebhookDeliveryFilter': [],
    'filter: PostFilter': [{ status: ['DRAFT', 'SCHEDULED', 'PUBLISHED', 'TRASHED'] }],
    // The last word of a search may go on: this one is the beginning of every canary.
    'query: String!': ['canary'],
    'by: ArchiveUnit!': ['MONTH'],
    'orderBy: PostOrder': [{ field: 'UPDATED_AT', direction: 'DESC' }],
    'input: PreviewWebhookInput!': ids.event.map((eventId) => ({ eventId })),
  }
}

/** Which canaries sing in what was answered, headers and errors included. */
const heardIn = (steps: Step[]): string[] => {
  const answered = steps
    .map(({ reply }) => JSON.stringify([reply.data, reply.errors, [...reply.headers]]))
    .join()
  return canaries.filter((word) => answered.includes(word))
}

describe('without a key', () => {
  test('nothing unpublished is heard of, by any field of the schema and any argument', async () => {
    const steps = await walk(lent.app.anonymous, await everyArgument())
    const telling = steps.filter((step) => heardIn([step]).length > 0)
    expect(telling.map((step) => ({ ...step, heard: heardIn([step]) }))).toEqual([])
    const codes = new Set(steps.flatMap(({ reply }) => reply.errors.map((error) => error.extensions?.code)))
    expect([...codes], 'Every other error would hide a part of the answer').toEqual(['FORBIDDEN'])
  })

  test('the walk goes through every field there is', async () => {
    const visited = visitedBy(await everyArgument())
    const reachable = Object.values(schema.getTypeMap()).flatMap((type) =>
      'getFields' in type && 'getInterfaces' in type && !type.name.startsWith('__')
        ? Object.keys(type.getFields()).map((field) => `${type.name}.${field}`)
        : [],
    )
    const others =
      /^(Mutation|Subscription|Error|Node|Term|Event|\w+(Payload|Error|ValidationIssue)|ValidationIssue)\./
    expect(reachable.filter((field) => !visited.has(field) && !others.test(field))).toEqual([])
  })
})

test('with content:read the same walk hears of every draft', async () => {
  const reader = await lent.app.clientWith('CONTENT_READ')
  expect(heardIn(await walk(reader, await everyArgument()))).toEqual(canaries)
})

test('without content:read no other key hears more than no key', async () => {
  const client = await lent.app.clientWith('WEBHOOKS_MANAGE', 'KEYS_MANAGE')
  const steps = await walk(client, await everyArgument())
  expect(heardIn(steps)).toEqual([])
})

test('once everything is published the walk without a key hears it all', async () => {
  const { app } = lent
  await app.database.db.post.updateMany({
    where: { status: { in: ['SCHEDULED', 'TRASHED'] } },
    data: { status: 'DRAFT' },
  })
  for (const id of posts.values()) await publish(app.admin, id)
  const steps = await walk(app.anonymous, await everyArgument())
  expect(heardIn(steps)).toEqual(canaries)
  const told = steps.map(({ reply }) => JSON.stringify(reply.data)).join()
  for (const text of ['The canarydraft author', 'The canarydraft category']) expect(told).toContain(text)
  for (const word of canaries) {
    const { title, slug, path, layout, tags, excerpt } = wordy(word)
    for (const text of [title, slug, path, layout, excerpt, `${word} source`, ...tags])
      expect(told).toContain(text)
  }
})
