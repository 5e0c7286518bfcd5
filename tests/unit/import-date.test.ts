import { describe, expect, it } from 'vitest'
import { isTimezone, parseImportDate } from '../../src/importer/sources/front-matter/date.ts'

/** As `2009-07-23T07:20:48.000Z +120`, or the problem. */
const read = (text: string, timezone = 'Europe/Amsterdam'): string => {
  const date = parseImportDate(text, timezone)
  return 'problem' in date ? date.problem : `${date.instant.toISOString()} ${date.offsetMinutes}`
}

describe('a date with an offset keeps instant and offset', () => {
  it.each([
    ['2009-07-23T09:20:48+02:00', '2009-07-23T07:20:48.000Z 120'],
    ['2009-07-23t09:20:48.5z', '2009-07-23T09:20:48.500Z 0'],
    ['2009-07-23 09:20:48 +0200', '2009-07-23T07:20:48.000Z 120'],
    ['2009-07-23 09:20 +02:00', '2009-07-23T07:20:00.000Z 120'],
    ['2023-01-20 23:00:00 +0530', '2023-01-20T17:30:00.000Z 330'],
    ['2015-03-17 14:00:00 -4', '2015-03-17T18:00:00.000Z -240'],
    ['2015-03-17 14:00:00 -04', '2015-03-17T18:00:00.000Z -240'],
    ['2015-03-17 14:00:00 -430', '2015-03-17T18:30:00.000Z -270'],
    ['2009-07-23 09:20:48 UTC', '2009-07-23T09:20:48.000Z 0'],
    ['2099-01-01T00:00:00+01:00', '2098-12-31T23:00:00.000Z 60'],
    ['1969-07-20T20:17:40Z', '1969-07-20T20:17:40.000Z 0'],
  ])('%s', (text, expected) => {
    expect(read(text)).toBe(expected)
  })
})

describe('a date without an offset is in the given time zone', () => {
  it.each([
    ['2009-07-23 09:20', 'Europe/Amsterdam', '2009-07-23T07:20:00.000Z 120'],
    ['2009-01-23T09:20:48', 'Europe/Amsterdam', '2009-01-23T08:20:48.000Z 60'],
    ['2009-07-23', 'Europe/Amsterdam', '2009-07-22T22:00:00.000Z 120'],
    ['2009-07-23', 'America/New_York', '2009-07-23T04:00:00.000Z -240'],
    ['2009-07-23 09:20', 'UTC', '2009-07-23T09:20:00.000Z 0'],
    ['2009-07-23 09:20', '+02:00', '2009-07-23T07:20:00.000Z 120'],
    ['2009-7-3 9:05:00', 'UTC', '2009-07-03T09:05:00.000Z 0'],
    // The clocks went from 02:00 to 03:00.
    ['2021-03-28 02:30', 'Europe/Amsterdam', '2021-03-28T01:30:00.000Z 120'],
    // The clocks went from 03:00 to 02:00: the first 02:30 is meant.
    ['2021-10-31 02:30', 'Europe/Amsterdam', '2021-10-31T00:30:00.000Z 120'],
  ])('%s in %s', (text, timezone, expected) => {
    expect(read(text, timezone)).toBe(expected)
  })
})

it('the text is kept as it was written', () => {
  expect(parseImportDate(' 2009-07-23 09:20 ', 'UTC')).toMatchObject({ text: '2009-07-23 09:20' })
})

describe('what is no date is a problem, never a guess', () => {
  it.each([
    '2009-02-30',
    '2009-02-29',
    '2009-13-01',
    '2009-00-10',
    '2009-07-23T24:00:00Z',
    '2009-07-23T23:60:00Z',
    '2009-07-23T23:59:60Z',
    '2009-07-23T09:20:48+25:00',
    '2009-07-23T09:20:48+02:75',
  ])('%s does not exist', (text) => {
    expect(read(text)).toContain('does not exist')
  })

  it.each([
    '',
    '1248333648',
    '2023-01-29 18:30:22 2023 -0800',
    '23 July 2009',
    '07/23/2009',
    '2009-07',
    '2009-07-23T',
    '2009-07-23 09',
    '20090723',
    '2009-07-23 09:20:48 CEST',
    '+02009-07-23',
  ])('%j is not written like one', (text) => {
    expect(read(text)).toContain('is not a date')
  })

  it('an instant outside of the years 1 to 9999 cannot be written again', () => {
    expect(read('9999-12-31T23:59:59-01:00')).toContain('outside')
    expect(read('0000-06-01')).toContain('outside')
  })
})

it('knows which time zones there are', () => {
  expect(['Europe/Amsterdam', 'UTC', 'Europe/Atlantis', ''].map(isTimezone)).toEqual([
    true,
    true,
    false,
    false,
  ])
})
