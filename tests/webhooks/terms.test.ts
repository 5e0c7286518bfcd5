import { expect, test } from 'vitest'
import {
  CreateAuthorDocument,
  CreateTagDocument,
  DeleteTagDocument,
  MergeTagsDocument,
  UpdateAuthorDocument,
} from '../../schema/generated/graphql.ts'
import { withApp } from '../support/app.ts'
import { startReceiver } from '../support/receiver.ts'
import { envelopeOf, subscribe } from './subscribing.ts'
import { publishNew } from './writing.ts'

const lent = withApp()

const makeTag = async (name: string): Promise<string> => {
  const { createTag } = await lent.app.admin.run(CreateTagDocument, { input: { name } })
  if (createTag.__typename !== 'CreateTagPayload') throw new Error(JSON.stringify(createTag))
  return createTag.tag.id
}

const document = `subscription { events {
  ... on TagEvent { tag { name postCount } mergedIds }
  ... on AuthorEvent { author { name } changedFields }
} }`

test('a merge is told once, to the public, with what it made stale and the state that it committed', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  const [source, target] = [await makeTag('Colour'), await makeTag('Color')]
  await publishNew(app.admin, 'Paint', { tags: ['Colour'] })
  await publishNew(app.admin, 'Light', { tags: ['Color', 'Colour'] })
  await subscribe(app.admin, { url: receiver.url, eventTypes: ['TAG_MERGED', 'TAG_DELETED'], document })
  await app.admin.run(MergeTagsDocument, { input: { sourceIds: [source], targetId: target } })
  const input = { id: target, detachPosts: true }
  await app.admin.run(DeleteTagDocument, { input })

  const [merged, deleted] = (await receiver.waitFor(2))
    .map((request) => envelopeOf(request))
    .sort((one, other) => Number(one.sequence) - Number(other.sequence))

  expect(merged).toMatchObject({
    type: 'tag.merged',
    subject: { type: 'Tag', id: target, version: 2 },
    changedFields: [],
    previous: null,
    invalidates: [target, source, 'tags', 'posts'],
    paths: ['/tag/colour/', '/tag/color/', '/'],
    data: { tag: { name: 'Color', postCount: 2 }, mergedIds: [source] },
  })
  expect(deleted).toMatchObject({
    type: 'tag.deleted',
    subject: { type: 'Tag', id: target, version: 3 },
    previous: { slug: 'color', name: 'Color', description: null, path: '/tag/color/' },
    invalidates: [target, 'tags', 'posts'],
    data: { tag: null, mergedIds: [] },
  })
})

test('a change of an author is told with both paths; one that changes nothing is not told', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  const { createAuthor } = await app.admin.run(CreateAuthorDocument, { input: { name: 'Ida' } })
  if (createAuthor.__typename !== 'CreateAuthorPayload') throw new Error(JSON.stringify(createAuthor))
  const { id } = createAuthor.author
  await publishNew(app.admin, 'By Ida', { authors: ['ida'] })
  await subscribe(app.admin, { url: receiver.url, eventTypes: ['AUTHOR_UPDATED'], document })
  await app.admin.run(UpdateAuthorDocument, { input: { id, name: 'Ida' } })
  await app.admin.run(UpdateAuthorDocument, { input: { id, name: 'Ida B.', slug: 'ida-b' } })

  const [request] = await receiver.waitFor(1)

  expect(request && envelopeOf(request)).toMatchObject({
    type: 'author.updated',
    subject: { type: 'Author', id, version: 2 },
    changedFields: ['slug', 'name', 'path'],
    previous: { slug: 'ida', name: 'Ida', path: '/author/ida/' },
    invalidates: [id, 'authors', 'posts'],
    paths: ['/author/ida/', '/author/ida-b/', '/'],
    data: { author: { name: 'Ida B.' }, changedFields: ['slug', 'name', 'path'] },
  })
})
