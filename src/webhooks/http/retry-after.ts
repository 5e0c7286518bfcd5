/**
 * Milliseconds until the moment a `Retry-After` header names (RFC 9110, section 10.2.3): seconds, or an HTTP
 * date in any of its three forms. 0 for a moment that has passed, null for anything else.
 */
export const parseRetryAfter = (header: string | null, now: Date): number | null => {
  const value = header?.trim() ?? ''
  if (/^\d+$/.test(value)) return Number(value) * 1000
  if (!isHttpDate.test(value)) return null
  const moment = Date.parse(value.endsWith('GMT') ? value : `${value} GMT`) // asctime dates do not name their zone
  return Number.isNaN(moment) ? null : Math.max(0, moment - now.getTime())
}

// Date.parse alone would take "2" for a month and "-5" for a year.
const isHttpDate = new RegExp(
  '^(' +
    '\\w{3}, \\d{2} \\w{3} \\d{4} \\d{2}:\\d{2}:\\d{2} GMT' + // IMF-fixdate
    '|\\w{6,9}, \\d{2}-\\w{3}-\\d{2} \\d{2}:\\d{2}:\\d{2} GMT' + // RFC 850, obsolete
    '|\\w{3} \\w{3} [ \\d]\\d \\d{2}:\\d{2}:\\d{2} \\d{4}' + // asctime, obsolete
    ')$',
)
