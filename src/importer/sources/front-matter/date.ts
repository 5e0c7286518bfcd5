import { DateTime, IANAZone } from 'luxon'
import { type OffsetDateTime, parseOffsetDateTime } from '../../../lib/offset-date-time.ts'
import type { ImportedDate } from '../../entry.ts'

/**
 * Reads a date of front matter or of a file name: RFC 3339, `2009-07-23 09:20:48 +0200`, `2009-07-23 09:20`,
 * `2009-07-23` (midnight). One without an offset is in `timezone` (an IANA name); one that the clocks jumped over
 * there is moved on by the jump, one that came twice is the first. Anything else is a problem, a sentence without
 * its subject ("is not …").
 */
export const parseImportDate = (text: string, timezone: string): ImportedDate | { problem: string } => {
  const written = text.trim()
  const match = pattern.exec(written)
  if (!match) return { problem: `is not a date like ${examples}` }
  const [, year = '', month = '', day = '', hour = '0', minute = '0', second = '0', fraction = '', zone] =
    match
  const parts = [month, day, hour, minute, second].map((part) => part.padStart(2, '0'))
  const rfc3339 = rfc3339Of(year, parts, fraction, zone)
  const read = rfc3339 === null ? null : parseOffsetDateTime(rfc3339)
  if (read === null)
    return { problem: 'names a day or a time that does not exist or is outside the years 1 to 9999' }
  const { instant, offsetMinutes } = zone === undefined ? inZone(read.instant, timezone) : read
  const utcYear = instant.getUTCFullYear()
  // Neither RFC 3339 nor a Date's own text has years of another length.
  if (utcYear < 1 || utcYear > 9999) return { problem: 'is outside the years 1 to 9999' }
  return { instant, offsetMinutes, text: written }
}

/** Whether the name is an IANA time zone that dates can be read in. */
export const isTimezone = (name: string): boolean => IANAZone.isValidZone(name)

const examples = '2009-07-23T09:20:48+02:00, 2009-07-23 09:20:48 +0200, 2009-07-23 09:20 or 2009-07-23'

// YAML 1.1's timestamps, which Jekyll reads: month, day and hour may have one digit, the offset no colon or no minutes.
const pattern =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:(?:[Tt]|[ \t]+)(\d{1,2}):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(?:[ \t]*(Z|UTC|GMT|[+-]\d{1,2}(?::?\d\d)?))?)?$/i

const rfc3339Of = (
  year: string,
  parts: string[],
  fraction: string,
  zone: string | undefined,
): string | null => {
  const offset = offsetOf(zone ?? 'Z')
  if (offset === null) return null
  const [month, day, hour, minute, second] = parts
  return `${year}-${month}-${day}T${hour}:${minute}:${second}${fraction && `.${fraction}`}${offset}`
}

/** `+2`, `+02`, `+0200` and `+02:00` as RFC 3339 writes them. */
const offsetOf = (zone: string): string | null => {
  if (/^(?:Z|UTC|GMT)$/i.test(zone)) return 'Z'
  const [, sign, hours = '', minutes = '00'] = /^([+-])(\d{1,2}?):?(\d\d)?$/.exec(zone) ?? []
  return sign === undefined ? null : `${sign}${hours.padStart(2, '0')}:${minutes}`
}

const inZone = (wall: Date, timezone: string): OffsetDateTime => {
  const local = DateTime.fromJSDate(wall, { zone: 'utc' }).setZone(timezone, { keepLocalTime: true })
  const first = DateTime.min(...local.getPossibleOffsets()) ?? local
  // Before standard time, zones were off by seconds as well; the instant keeps them, the offset cannot.
  return { instant: first.toJSDate(), offsetMinutes: Math.round(first.offset) }
}
