import { expect, inject, test } from 'vitest'
import { PublishPostDocument, UpdatePostDocument } from '../../schema/generated/graphql.ts'
import { system } from '../../src/keys/viewer.ts'
import { publishPost } from '../../src/posts/publish.ts'
import { withApp } from '../support/app.ts'
import { create } from './writing.ts'

const lent = withApp({ role: 'api', expectErrors: true })

const newDraft = async (title: string) => (await create(lent.app.admin, { title, source: 'x' })).post.id
const eventsOf = async (id: string) => {
  const events = await lent.app.database.db.event.findMany({
    where: { subjectId: id },
    orderBy: { sequence: 'asc' },
  })
  return events.map(({ type }) => type)
}

test('twenty who publish one draft at once make one event', async () => {
  const id = await newDraft('Wanted by all')
  const all = await Promise.all(
    Array.from({ length: 20 }, () => lent.app.admin.run(PublishPostDocument, { input: { id } })),
  )
  const events = all.flatMap(({ publishPost: result }) =>
    result.__typename === 'PublishPostPayload' ? [result.event?.id ?? null] : ['problem'],
  )
  expect(events.filter((event) => event !== null)).toHaveLength(1)
  expect(await eventsOf(id)).toEqual(['post.created', 'post.published'])
})

test('of two who save one version at once one wins, and the other is told', async () => {
  const id = await newDraft('Saved by two')
  const save = (title: string) =>
    lent.app.admin.run(UpdatePostDocument, { input: { id, expectedVersion: 1, title } })
  const results = await Promise.all([save('By one'), save('By the other')])
  const names = results.map(({ updatePost }) => updatePost.__typename).sort()
  expect(names).toEqual(['UpdatePostPayload', 'VersionConflictError'])
  expect(await eventsOf(id)).toEqual(['post.created', 'post.draft_saved'])
})

// The embedded database runs one transaction at a time.
const onPostgres = test.runIf(inject('kind') === 'postgres')

onPostgres(
  'of two writes that lock two posts in opposite order both succeed, with one event each',
  async () => {
    const [one, two] = [await newDraft('One'), await newDraft('Two')]
    const met = Promise.withResolvers<void>()
    let holding = 0
    let runs = 0
    const publishInOrder = (first: string, second: string) =>
      lent.app.core.write(system('a test'), async (w) => {
        runs++
        await publishPost(w, { id: first })
        // Each has its first post now, so that neither can have its second.
        if (++holding === 2) met.resolve()
        await met.promise
        await publishPost(w, { id: second })
      })

    const written = await Promise.all([publishInOrder(one, two), publishInOrder(two, one)])

    expect(runs).toBe(3)
    expect(written.map(({ events }) => events.length).sort()).toEqual([0, 2])
    for (const id of [one, two]) expect(await eventsOf(id)).toEqual(['post.created', 'post.published'])
  },
)

onPostgres('a deadlock that comes again and again is an error in the end', async () => {
  let runs = 0
  const writing = lent.app.core.write(system('a test'), async (w) => {
    runs++
    await w.tx.$executeRaw`DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = '40P01'; END $$`
  })
  await expect(writing).rejects.toThrow('40P01')
  expect(runs).toBe(5)
})

test.each(['40001', '40P01'])('%s is tried again, and never shown', async (code) => {
  const statement = `DO $$ BEGIN RAISE EXCEPTION 'in the way' USING ERRCODE = '${code}'; END $$`
  let runs = 0
  const { value } = await lent.app.core.write(system('a test'), async (w) => {
    if (++runs < 3) await w.tx.$executeRawUnsafe(statement)
    return 'done'
  })
  expect([value, runs]).toEqual(['done', 3])
})

test('any other failure is shown at once', async () => {
  let runs = 0
  const writing = lent.app.core.write(system('a test'), async (w) => {
    runs++
    await w.tx.$executeRaw`SELECT 1 / 0`
  })
  await expect(writing).rejects.toThrow('division by zero')
  expect(runs).toBe(1)
})
