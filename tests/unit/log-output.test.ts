import { expect, test } from 'vitest'
import { createLogOutput } from '../../src/lib/log-output.ts'
import { until } from '../support/until.ts'

/** A pipe that has room for so many bytes, until its reader takes some. */
const pipe = (room: number) => {
  const state = { room, text: '', broken: null as string | null }
  const write = (_fd: number, chunk: unknown) => {
    const bytes = chunk as Buffer
    if (state.broken) throw Object.assign(new Error('broken'), { code: state.broken })
    if (state.room === 0) throw Object.assign(new Error('full'), { code: 'EAGAIN' })
    const written = Math.min(state.room, bytes.length)
    state.room -= written
    state.text += bytes.toString('utf8', 0, written)
    return written
  }
  return { state, write: write as typeof import('node:fs').writeSync }
}

test('what a full pipe has no room for waits, and comes in order and whole once it is read', async () => {
  const { state, write } = pipe(5)
  const output = createLogOutput(2, () => undefined, write)
  const lines = Array.from({ length: 500 }, (_, number) => `line ${number} ünïcode\n`)
  for (const line of lines) output.write(line)
  expect(state.text).toBe('line ')
  for (const room of [7, 1_000, 1e9]) {
    const before = state.text.length
    state.room = room
    await until(() => state.text.length > before)
  }
  await until(() => state.text === lines.join(''))
  expect(output.dropped()).toBe(0)
})

test('what nobody reads is dropped beyond a bound, counted, and told once there is room', async () => {
  const { state, write } = pipe(0)
  const told: number[] = []
  const output = createLogOutput(2, (count) => told.push(count), write)
  const line = `${'x'.repeat(9_999)}\n`
  for (let count = 0; count < 1_000; count++) output.write(line)
  expect(output.dropped()).toBe(600)
  expect(told).toEqual([])
  state.room = 1e9
  await until(() => told.length > 0)
  expect([told, state.text.length]).toEqual([[600], 400 * line.length])
})

test.each(['EPIPE', 'ENOSPC', 'EIO'])('%s costs lines and nothing else', (code) => {
  const { state, write } = pipe(1e9)
  const output = createLogOutput(2, () => undefined, write)
  state.broken = code
  output.write('lost\n')
  state.broken = null
  output.write('written\n')
  expect(state.text).toBe('written\n')
})
