import { expect, test } from 'vitest'
import { escapeUnseen, escapeUnseenInJson, skeletonOf } from '../../src/lib/unseen.ts'

const nasty = [
  '\u001b[2K',
  '\u009b2J',
  'a\nb',
  'a\rb',
  '\b\b\b',
  '\u202etxt.exe',
  '\u200b',
  '\u2028',
  '\u3164',
  '\u{e0041}',
  '\ud800',
]

test.each(nasty)('%j is printed as signs that anybody sees, on one line', (text) => {
  expect(escapeUnseen(`name ${text} end`)).toMatch(/^[\p{L}\p{N}\p{P}\p{S} ]+$/u)
})

test('what can be read is printed as it is', () => {
  for (const text of ['Ünï 日本語 – “x” 🎉', 'שלום', 'हिन्दी']) expect(escapeUnseen(text)).toBe(text)
})

test('JSON keeps its value and shows all of it', () => {
  const value = { [`${nasty.join('')}key`]: nasty, text: 'Ünï 🎉' }
  const shown = escapeUnseenInJson(JSON.stringify(value))
  expect(JSON.parse(shown)).toEqual(value)
  expect(shown).toMatch(/^[\p{L}\p{N}\p{P}\p{S} ]+$/u)
})

test.each([
  [
    'schedule',
    ['Schedule', 'ѕсһеdulе', 'sched ule', 'SCHEDULÉ', 'ｓｃｈｅｄｕｌｅ', 'schedu1e', 'sche-dule'],
  ],
  ['webhooks', ['WEBHOOKS', 'vvebhooks', 'wеbһооkѕ', 'webh00ks', 'ωebhooks']],
  ['import', ['imроrt', '1mport', 'lmport', 'irnport', 'і m p o r t']],
])('%s has the skeleton of what could be taken for it', (name, others) => {
  for (const other of others)
    expect({ other, is: skeletonOf(other) }).toEqual({ other, is: skeletonOf(name) })
  for (const other of ['scheduler', 'hooks', 'importer', '日本語'])
    expect(skeletonOf(other)).not.toBe(skeletonOf(name))
})
