import { expect, test } from 'vitest'
import { parseRetryAfter } from '../../src/webhooks/http/retry-after.ts'

const now = new Date('1994-11-06T08:48:37Z')

test.each([
  ['120', 120_000],
  ['0', 0],
  [' 7 ', 7_000],
  ['Sun, 06 Nov 1994 08:49:37 GMT', 60_000], // the three forms of RFC 9110, section 5.6.7
  ['Sunday, 06-Nov-94 08:49:37 GMT', 60_000],
  ['Sun Nov  6 08:49:37 1994', 60_000],
  ['Sun, 06 Nov 1994 08:48:37 GMT', 0],
  ['Sun, 06 Nov 1993 08:49:37 GMT', 0],
])('%j is %d ms away', (header, ms) => {
  expect(parseRetryAfter(header, now)).toBe(ms)
})

test('a number of any length is no error: whoever plans the attempt caps it', () => {
  expect(parseRetryAfter('9'.repeat(400), now)).toBe(Number.POSITIVE_INFINITY)
})

test.each([
  null,
  '',
  '-5',
  '1.5',
  '1e3',
  '0x10',
  'soon',
  '1994-11-06',
  'Sun, 99 Nov 1994 08:49:37 GMT',
  'Nov 6',
  '5, 6',
])('%j says nothing', (header) => {
  expect(parseRetryAfter(header, now)).toBeNull()
})
