import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises'
import { expect, inject, test } from 'vitest'
import type { Tx } from '../../src/db/client.ts'
import { limitStatements, unlimitedStatements } from '../../src/db/statement-timeout.ts'
import { type EventDraft, type Listener, type OutboxPorts, writeEvents } from '../../src/events/outbox.ts'
import { createTimeBudget } from '../../src/events/time-budget.ts'
import { withApp } from '../support/app.ts'

// The outbox alone, with documents that do what no GraphQL document is known to do.
const lent = withApp({ role: 'api' })

const fact: EventDraft = {
  type: 'post.published',
  subjectId: 'post_1',
  subjectVersion: 1,
  changedFields: [],
  previous: null,
  invalidates: [],
  paths: [],
  isPublic: true,
}

const listener = (key: string): Listener => ({
  endpointId: 'endpoint_1',
  renderingKey: key,
  document: '',
  variables: null,
  scopes: [],
})

const shown = { data: '{}', errors: null, failure: null }
const partial = { ...shown, errors: [{ message: 'The tags could not be read.', path: ['post', 'tags'] }] }

test('a document that takes too long is left to whoever sends it, and the publish goes on', async () => {
  const renderings = await renderingsOf(['endless', 'quick'], {
    endless: () => new Promise(() => undefined),
  })

  expect(renderings).toMatchObject({
    endless: { data: null, errors: null, failure: null },
    quick: shown,
  })
})

test('what a failed document did to the transaction is undone, and the publish goes on', async () => {
  const renderings = await renderingsOf(['breaking', 'quick'], {
    breaking: async (tx) => {
      await tx.tag.create({
        data: {
          id: 'tag_1',
          slug: 'x',
          name: 'x',
          nameKey: 'x',
          createdAt: new Date(0),
          updatedAt: new Date(0),
        },
      })
      await tx.$queryRaw`SELECT 1 / 0`
      return shown
    },
  })

  expect(renderings.breaking?.failure).toMatch(/division by zero/)
  expect(renderings.quick).toMatchObject(shown)
  expect(await lent.app.database.db.tag.count()).toBe(0)
})

test('a statement that failed beneath a partial result does not fail the publish', async () => {
  const renderings = await renderingsOf(['partial', 'quick'], {
    partial: async (tx) => {
      await tx.$queryRaw`SELECT 1 / 0`.catch(() => undefined)
      return partial
    },
  })

  expect(renderings).toMatchObject({ partial, quick: shown })
})

test('the 21st distinct document of an event is left to whoever sends it', async () => {
  const keys = Array.from({ length: 25 }, (_, index) => `document ${String(index).padStart(2, '0')}`)
  const renderings = Object.values(await renderingsOf(keys))

  expect(renderings).toHaveLength(25)
  expect(renderings.filter(({ data }) => data !== null).length).toBeLessThanOrEqual(20)
  expect(renderings.filter(({ failure }) => failure !== null)).toEqual([])
})

test('a document that is slow three times in a row is let be, and takes no time from the others', async () => {
  const timeBudget = createTimeBudget()
  let tried = 0
  const slow: Render = async () => {
    tried++
    await pause(300)
    return shown
  }
  for (let time = 0; time < 5; time++) {
    const renderings = await renderingsOf(['a slow one', 'quick'], { 'a slow one': slow }, timeBudget)
    expect(renderings['a slow one']).toMatchObject({ data: null, failure: null })
    // The first time nobody knows which of them is quick.
    if (time > 0) expect(renderings.quick).toMatchObject(shown)
  }
  expect(tried).toBe(3)
})

test.skipIf(inject('kind') === 'embedded')(
  'a statement beneath a document ends with the time that the document has, not when it likes',
  // Which is after the test's own time.
  async () => {
    const renderings = await renderingsOf(['sleeping', 'quick'], {
      sleeping: async (tx) => {
        await tx.$queryRaw`SELECT pg_sleep(600)::text`
        return shown
      },
    })
    expect(renderings.sleeping?.data).toBeNull()
    expect(renderings.quick).toMatchObject(shown)
  },
)

test('a document that several endpoints have is rendered once', async () => {
  let count = 0
  const render = async () => {
    count++
    await nextTurn()
    return shown
  }
  const renderings = await renderingsOf(['same', 'same', 'same'], { same: render })

  expect(Object.keys(renderings)).toEqual(['same'])
  expect(count).toBe(1)
})

type Render = (tx: Tx) => ReturnType<OutboxPorts['render']>

/** Writes one event that these documents listen to and returns what was stored, by document. */
const renderingsOf = async (
  keys: string[],
  renders: Record<string, Render> = {},
  timeBudget = createTimeBudget(),
) => {
  const { db, kind } = lent.app.database
  const ports: OutboxPorts = {
    limitStatements: kind === 'postgres' ? limitStatements : unlimitedStatements,
    timeBudget,
    listeners: async () => () => keys.map(listener),
    render: (tx, _event, { renderingKey }) => renders[renderingKey]?.(tx) ?? Promise.resolve(shown),
  }
  const now = lent.app.clock.now()
  const [event] = await db.$transaction((tx) => writeEvents(tx, ports, [fact], { actor: null, now }))
  const rows = await db.eventRendering.findMany({
    where: { eventId: event?.id ?? '' },
    orderBy: { key: 'asc' },
  })
  return Object.fromEntries(rows.map((row) => [row.key, row]))
}
