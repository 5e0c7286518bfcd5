/** An instant and the offset from UTC that it was written with, so that it can be answered as it was written. */
export type OffsetDateTime = { instant: Date; offsetMinutes: number }

// RFC 3339 section 5.6; a leap second is refused, since no Date can hold it.
const rfc3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:\d\d)$/

/**
 * Reads RFC 3339 strictly: null when the text names no zone or an impossible date, or is outside the years 1 to 9999 in
 * UTC: PostgreSQL has no year 0, and what follows 9999 has no RFC 3339. Beyond milliseconds it is cut.
 */
export const parseOffsetDateTime = (text: string): OffsetDateTime | null => {
  const match = rfc3339.exec(text)
  if (!match) return null
  const [, year, month, day, hour, minute, second, fraction = '', zone = 'Z'] = match
  const offsetMinutes = offsetOf(zone)
  if (offsetMinutes === null) return null
  const wall = new Date(
    `${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction.padEnd(3, '0').slice(0, 3)}Z`,
  )
  // Date rolls 31 February over to March: what was read must be what was written.
  const possible = !Number.isNaN(wall.getTime()) && wall.getUTCDate() === Number(day) && Number(hour) < 24
  const instant = new Date(wall.getTime() - offsetMinutes * 60_000)
  return possible && instant >= earliest && instant <= latest ? { instant, offsetMinutes } : null
}

const earliest = new Date('0001-01-01T00:00:00Z')
const latest = new Date('9999-12-31T23:59:59.999Z')

/** RFC 3339 with the offset it was written with: `2009-07-23T09:20:48+02:00`; milliseconds only where there are any. */
export const formatOffsetDateTime = ({ instant, offsetMinutes }: OffsetDateTime): string => {
  const wall = new Date(instant.getTime() + offsetMinutes * 60_000).toISOString().replace(/\.000Z$/, 'Z')
  if (offsetMinutes === 0) return wall
  const [hours, minutes] = [Math.floor(Math.abs(offsetMinutes) / 60), Math.abs(offsetMinutes) % 60]
  const pad = (part: number) => String(part).padStart(2, '0')
  return `${wall.slice(0, -1)}${offsetMinutes < 0 ? '-' : '+'}${pad(hours)}:${pad(minutes)}`
}

const offsetOf = (zone: string): number | null => {
  if (/^z$/i.test(zone)) return 0
  const [hours = 0, minutes = 0] = zone.slice(1).split(':').map(Number)
  if (hours > 23 || minutes > 59) return null
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes)
}
