import { expect, test } from 'vitest'
import { MergeTagsDocument, UpdateTagDocument } from '../../schema/generated/graphql.ts'
import { withApp } from '../support/app.ts'
import { eventsAbout, expectPayload, leadsTo, makeTag } from './terms.ts'
import { create, createAndPublish, publish, update } from './writing.ts'

const lent = withApp({ role: 'api' })

const mergeTags = async (sourceIds: string[], targetId: string) =>
  (await lent.app.admin.run(MergeTagsDocument, { input: { sourceIds, targetId } })).mergeTags

const namesOn = async (postId: string) => {
  const rows = await lent.app.database.db.postTag.findMany({
    where: { postId },
    orderBy: { position: 'asc' },
    include: { tag: true },
  })
  return rows.map(({ tag }) => tag.name)
}

const make = async (...names: string[]) => {
  const ids: string[] = []
  for (const name of names) ids.push((await makeTag(lent.app.admin, { name })).id)
  return ids as [string, string, string]
}

test('every post of the sources is filed under the target, once, where the first of them stood', async () => {
  const { admin, database } = lent.app
  const [js, ecma, target] = await make('js', 'ecmascript', 'JavaScript')
  const post = (title: string, tags: string[]) => createAndPublish(admin, { title, source: 'x', tags })
  const cases: [string[], string[]][] = [
    [
      ['web', 'js', 'dom'],
      ['web', 'JavaScript', 'dom'],
    ],
    [
      ['js', 'web', 'ecmascript'],
      ['JavaScript', 'web'],
    ],
    [
      ['web', 'ecmascript', 'dom', 'JavaScript', 'js'],
      ['web', 'JavaScript', 'dom'],
    ],
    [
      ['web', 'JavaScript', 'dom', 'js'],
      ['web', 'JavaScript', 'dom'],
    ],
    [
      ['dom', 'JavaScript'],
      ['dom', 'JavaScript'],
    ],
    [
      ['dom', 'web'],
      ['dom', 'web'],
    ],
  ]
  const posts: string[] = []
  for (const [index, [tags]] of cases.entries()) posts.push(await post(`Case ${index}`, tags))
  const draft = await create(admin, { title: 'Draft', source: 'x', tags: ['ecmascript', 'js'] })
  const versions = async () =>
    (await database.db.post.findMany({ orderBy: { id: 'asc' } })).map(({ version, headVersion }) => [
      version,
      headVersion,
    ])
  const before = await versions()

  const { tag, event } = expectPayload(await mergeTags([js, ecma], target))

  expect(tag).toMatchObject({ id: target, name: 'JavaScript', version: 2 })
  for (const [index, [, wanted]] of cases.entries()) expect(await namesOn(posts[index] ?? '')).toEqual(wanted)
  expect(await namesOn(draft.post.id)).toEqual(['JavaScript'])
  expect(await versions()).toEqual(before)
  expect(await database.db.tag.count({ where: { id: { in: [js, ecma] } } })).toBe(0)
  expect(event).toMatchObject({
    __typename: 'TagEvent',
    type: 'TAG_MERGED',
    tagId: target,
    version: 2,
    mergedIds: [js, ecma],
    invalidates: [target, js, ecma, 'tags', 'posts'],
    paths: ['/tag/js/', '/tag/ecmascript/', '/tag/javascript/', '/'],
  })
  expect([await eventsAbout(lent.app, target), await eventsAbout(lent.app, js)]).toEqual([
    ['tag.created', 'tag.merged'],
    ['tag.created'],
  ])
})

test('the paths of the sources, and those that led to them, lead to the target', async () => {
  const [one, two, three] = await make('Merge one', 'Merge two', 'Merge three')
  await lent.app.admin.run(UpdateTagDocument, { input: { id: one, slug: 'merge-uno' } })
  expectPayload(await mergeTags([one], two))
  expectPayload(await mergeTags([two], three))
  const paths = ['/tag/merge-one/', '/tag/merge-uno/', '/tag/merge-two/']
  expect(await Promise.all(paths.map((path) => leadsTo(lent.app, path)))).toEqual([three, three, three])
})

test('pending edits name the target, too, and are otherwise published as they were written', async () => {
  const { admin, database } = lent.app
  const [source, target] = await make('Pending source', 'Pending target')
  const id = await createAndPublish(admin, { title: 'Edited', source: 'x', tags: ['kept'] })
  await update(admin, { id, tags: ['Pending source', 'kept', 'Pending target'], metadata: { z: 1, a: 2 } })
  expectPayload(await mergeTags([source], target))
  expect(await namesOn(id)).toEqual(['kept'])
  await publish(admin, id)
  expect(await namesOn(id)).toEqual(['Pending target', 'kept'])
  const { metadata } = await database.db.post.findUniqueOrThrow({ where: { id } })
  expect(JSON.stringify(metadata)).toBe('{"z":1,"a":2}')
})

test('without posts nothing else is stale', async () => {
  const [source, target] = await make('Bare source', 'Bare target')
  const { event } = expectPayload(await mergeTags([source, source], target))
  expect(event).toMatchObject({
    mergedIds: [source],
    invalidates: [target, source, 'tags'],
    paths: ['/tag/bare-source/', '/tag/bare-target/'],
  })
})

test('what cannot be merged is refused, and nothing is merged', async () => {
  const [source, target] = await make('Refused source', 'Refused target')
  const nobody = 'tag_01h455vb4pex5vsknk084sn02q'
  const invalid = { __typename: 'ValidationError', issues: [{ path: ['input', 'sourceIds'] }] }
  expect(await mergeTags([], target)).toMatchObject(invalid)
  expect(await mergeTags([source, target], target)).toMatchObject(invalid)
  expect(
    await mergeTags(
      Array.from({ length: 101 }, () => source),
      target,
    ),
  ).toMatchObject(invalid)
  expect(await mergeTags([source, nobody], target)).toMatchObject({
    __typename: 'NotFoundError',
    path: ['input', 'sourceIds', '1'],
  })
  expect(await mergeTags([source], nobody)).toMatchObject({
    __typename: 'NotFoundError',
    path: ['input', 'targetId'],
  })
  expect(await lent.app.database.db.tag.count({ where: { id: { in: [source, target] } } })).toBe(2)
})

test('merges across each other at a time end with one of the two, and lose no post', async () => {
  const { admin, database } = lent.app
  const [one, two] = await make('Cross one', 'Cross two')
  const posts = [
    await createAndPublish(admin, { title: 'With one', source: 'x', tags: ['Cross one'] }),
    await createAndPublish(admin, { title: 'With two', source: 'x', tags: ['Cross two'] }),
  ]
  const saving = update(admin, { id: posts[0] ?? '', tags: ['Cross two', 'extra'] })
  const [results] = await Promise.all([Promise.all([mergeTags([one], two), mergeTags([two], one)]), saving])
  expect(results.map(({ __typename }) => __typename).sort()).toEqual(['MergeTagsPayload', 'NotFoundError'])
  const [left, ...more] = await database.db.tag.findMany({
    where: { id: { in: [one, two] } },
    include: { posts: true },
  })
  expect([more, left?.posts.map(({ postId }) => postId).sort()]).toEqual([[], posts.sort()])
})
