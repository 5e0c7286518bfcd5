/** What `_config.yml` says of the files that Jekyll reads; patterns as they are written. */
export type EntryRules = { include: string[]; exclude: string[] }

/**
 * Why Jekyll leaves an entry out, as the end of a sentence; null when it reads it. These are the rules of Jekyll's own
 * EntryFilter, oddities included: a pattern is also the beginning of what it matches, and its stars cross slashes.
 *
 * @param base the folder that Jekyll looks through, from the root of the site: '' or such as `blog/_posts`.
 * @param entry the path below it. A name on the way counts only when it is the first or the last.
 */
export const leftOutBy = (
  rules: EntryRules,
  { base, entry, isFolder }: { base: string; entry: string; isFolder: boolean },
): string | null => {
  const name = entry.slice(entry.lastIndexOf('/') + 1)
  if (entry.endsWith('.')) return 'whose name ends in a dot'
  const included = matching(rules.include, entry, false) ?? matching(rules.include, name, false)
  if (included !== null) return null
  const path = base === '' ? entry : `${base}/${entry}`
  const exclude = [...rules.exclude, ...excludedByDefault].filter(
    (pattern) => !rules.include.includes(pattern),
  )
  const excluded = matching(exclude, path, isFolder)
  if (excluded !== null) return `that "exclude" names (${JSON.stringify(excluded)})`
  const special = [entry, name].find((each) => /^[._#~]/.test(each))
  if (special !== undefined) return `whose name, or first folder, begins with "${special.charAt(0)}"`
  return entry.endsWith('~') ? 'whose name ends in "~", as of a backup' : null
}

const excludedByDefault = [
  '.sass-cache',
  '.jekyll-cache',
  'gemfiles',
  'Gemfile',
  'Gemfile.lock',
  'node_modules',
  'vendor/bundle/',
  'vendor/cache/',
  'vendor/gems/',
  'vendor/ruby/',
]

/** The pattern that matches a path of the site; null when none does. */
const matching = (patterns: string[], path: string, isFolder: boolean): string | null => {
  const found = patterns.find((pattern) => {
    // Ruby joins the folder of the site and the pattern by one slash.
    const relative = pattern.replace(/^\//, '')
    return path.startsWith(relative) || (isFolder && relative === `${path}/`) || fnmatch(relative, path)
  })
  return found ?? null
}

/**
 * Ruby's File.fnmatch without flags: a star matches anything, slashes included. No pattern takes longer than its length
 * times that of the text: a star that does not fit is tried one character further, and those before it never again.
 */
export const fnmatch = (pattern: string, text: string): boolean => {
  const parts = partsOf(pattern)
  let at = 0
  let part = 0
  let star = -1
  let starAt = 0
  while (at < text.length) {
    const current = parts[part]
    if (current === '*') {
      star = part++
      starAt = at
    } else if (current?.(text.charAt(at))) {
      part++
      at++
    } else if (star >= 0) {
      part = star + 1
      at = ++starAt
    } else return false
  }
  while (parts[part] === '*') part++
  return part === parts.length
}

type Part = '*' | ((character: string) => boolean)

const partPattern = /\*|\?|\[([!^]?)((?:\\.|[^\]\\])+)\]|\\?([\s\S])/g
const lastBackslash = /(?<=(?:^|[^\\])(?:\\\\)*)\\$/ // escapes nothing, and stands for nothing

const partsOf = (pattern: string): Part[] =>
  [...pattern.replace(lastBackslash, '').matchAll(partPattern)].map(
    ([text, negation, set, literal]): Part => {
      if (text === '*') return '*'
      if (text === '?') return () => true
      if (set !== undefined) {
        const isIn = setOf(set)
        return negation ? (character) => !isIn(character) : isIn
      }
      return (character) => character === literal
    },
  )

/** `a-z_` as a test of one character. */
const setOf = (set: string): ((character: string) => boolean) => {
  const ranges = [...set.matchAll(/\\?([\s\S])(?:-\\?([\s\S]))?/g)].map(([, from = '', to = from]) => ({
    from,
    to,
  }))
  return (character) => ranges.some(({ from, to }) => character >= from && character <= to)
}
