import { parseImportDate } from './date.ts'
import { flagOf, scalarText } from './fields.ts'
import { isMap } from './front-matter.ts'

/** A key of front matter that keeps a post from being public, or may do so. */
export type Hiding = { key: string; why: string; isUsual: boolean }

/**
 * Everything in front matter that says, in the words of whatever program wrote it, that a post is not for everyone:
 * docs/importing.md has the list. Case, `_` and `-` in a key make no difference. What is unclear hides, too: a post is
 * published later more easily than taken back.
 */
export const hiddenBy = (data: Record<string, unknown>, clock: Clock): Hiding[] =>
  Object.entries(data).flatMap(([key, value]) => {
    const name = nameOf(key)
    const why = reasonOf(name, value, clock)
    if (why !== null) return [{ key, why, isUsual: isUsual(name, value) }]
    // Hugo's own parameters of a page: what hides there hides the page.
    return name === 'params' && isMap(value)
      ? hiddenBy(value, clock).map((hiding) => ({ ...hiding, key: `${key}.${hiding.key}` }))
      : []
  })

/** When it is, and where: dates without an offset are in that time zone. */
export type Clock = { now: Date; timezone: string }

/** The dates from which on it hides, which have not come: what is public until then has to be taken back by hand. */
export const hiddenLater = (data: Record<string, unknown>, clock: Clock): { key: string; at: Date }[] =>
  Object.entries(data).flatMap(([key, value]) => {
    const at = endKeys.has(nameOf(key)) ? dateOf(value, clock) : null
    return at !== null && at > clock.now ? [{ key, at }] : []
  })

const nameOf = (key: string): string => key.toLowerCase().replace(/[\s_-]/g, '')

const words = (text: string): Set<string> => new Set(text.split(' '))

const usual = words('published draft')
const unpublicStatus = words('draft autodraft future inherit pending private trash')
const showingKeys = words('published ispublished public ispublic visible listed')
const hidingKeys = words(
  'draft isdraft unpublished private isprivate hidden unlisted headless protected passwordprotected secret confidential membersonly subscribersonly paid paidonly eleventyexcludefromcollections',
)
const passwordKeys = words('password postpassword passwd passphrase')
const statusKeys = words('status poststatus')
const visibilityKeys = words('visibility postvisibility')
const typeKeys = words('type posttype')
const startKeys = words(
  'publishdate pubdate publishat publishon publishedat publishedon embargo embargountil',
)
const endKeys = words('expirydate unpublishdate unpublishat unpublishon expires expiresat expireson')

const publicStatus = words('publish published public live')
const publicVisibility = words('public published visible everyone all open')
const otherTypes = words(
  'page section home attachment revision navmenuitem customcss customizechangeset wpblock',
)

const reasonOf = (name: string, value: unknown, clock: Clock): string | null => {
  if (showingKeys.has(name)) return notShown(name, value, clock)
  if (hidingKeys.has(name)) return isOff(value) ? null : 'says that it is not public'
  if (passwordKeys.has(name)) return isOff(value) ? null : 'is a password'
  if (statusKeys.has(name)) return isWordOf(publicStatus, value) ? null : 'is not "publish" or "published"'
  if (visibilityKeys.has(name)) return isWordOf(publicVisibility, value) ? null : 'is not "public"'
  if (typeKeys.has(name)) return otherTypes.has(wordOf(value) ?? '') ? 'is not that of a post' : null
  if (startKeys.has(name)) return startProblem(value, clock)
  if (endKeys.has(name)) return endProblem(value, clock)
  if (name === 'cascade') return isOff(value) ? null : 'says of other pages what cannot be followed'
  return name === 'build' && isMap(value) ? buildProblem(value) : null
}

/** `published:` without a value hides in Jekyll; a date there is that of the publication. */
const notShown = (name: string, value: unknown, clock: Clock): string | null => {
  const flag = flagOf(value)
  if (flag === true || (flag === null && name !== 'published')) return null
  if (flag === undefined && name.endsWith('published') && dateOf(value, clock) !== null) {
    return startProblem(value, clock)
  }
  return flag === undefined ? 'does not say clearly that it is public' : 'says that it is not public'
}

/** What Jekyll's and WordPress's users write to hide a post, and need not be told. */
const isUsual = (name: string, value: unknown): boolean =>
  (usual.has(name) && typeof flagOf(value) === 'boolean') ||
  (statusKeys.has(name) && unpublicStatus.has(wordOf(value) ?? ''))

/** Nothing, or a clear no. */
const isOff = (value: unknown): boolean => {
  const flag = flagOf(value)
  return flag === false || flag === null || (Array.isArray(value) && value.length === 0)
}

const wordOf = (value: unknown): string | null => {
  const text = scalarText(value ?? null)
  return text === undefined
    ? null
    : text
        .trim()
        .toLowerCase()
        .replace(/[\s_-]/g, '')
}

const isWordOf = (allowed: Set<string>, value: unknown): boolean => {
  const word = wordOf(value)
  return word === '' || (word !== null && allowed.has(word))
}

const startProblem = (value: unknown, clock: Clock): string | null => {
  if (isOff(value)) return null
  const at = dateOf(value, clock)
  if (at === null) return 'is a date that cannot be read'
  return at > clock.now ? 'is in the future' : null
}

const endProblem = (value: unknown, clock: Clock): string | null => {
  if (isOff(value)) return null
  const at = dateOf(value, clock)
  if (at === null) return 'is a date that cannot be read'
  return at <= clock.now ? 'is in the past' : null
}

/** Hugo's `build: { render: never }`, and `list: never`, by which it can be found nowhere. */
const buildProblem = (build: Record<string, unknown>): string | null => {
  const isAlways = (value: unknown) => value == null || flagOf(value) === true || wordOf(value) === 'always'
  return isAlways(build.render) && isAlways(build.list) ? null : 'says that no page, or no list, has it'
}

/**
 * A date as posts have it, or as feeds and mails do (`Mon, 06 Sep 2010 00:01:00 +0000`, `Dec 11, 2015`). Numbers are none:
 * of seconds, milliseconds and years nobody can tell which.
 */
const dateOf = (value: unknown, { timezone }: Clock): Date | null => {
  const text = scalarText(value ?? null)?.trim() ?? ''
  const date = parseImportDate(text, timezone)
  if (!('problem' in date)) return date.instant
  const at = spokenDate.test(text) ? new Date(text) : null
  return at === null || Number.isNaN(at.getTime()) ? null : at
}

const spokenDate = /^(?:[a-z]{3,9},?\s+)?(?:\d{1,2}\s+[a-z]{3,9}|[a-z]{3,9}\s+\d{1,2}),?\s+\d{4}\b/i
