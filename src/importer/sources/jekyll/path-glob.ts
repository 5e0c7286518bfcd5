import { fnmatch } from './entry-filter.ts'

/**
 * Whether a path fits a pattern of Ruby's Dir.glob: stars stay within a name, `**` stands for any folders, braces for
 * alternatives, and a name that begins with a dot has to be written as such.
 */
export const globMatches = (pattern: string, path: string): boolean => {
  const names = path.split('/')
  return alternatives(pattern).some((each) => namesMatch(each.split('/').filter(Boolean), names))
}

const namesMatch = (patterns: string[], names: string[]): boolean => {
  // How many of the names can be used up by the patterns so far; never more states than there are names.
  let ends = new Set([0])
  for (const pattern of patterns) {
    const next = new Set<number>()
    for (const end of ends) {
      if (pattern === '**') {
        for (let at = end; at <= names.length; at++) {
          next.add(at)
          if (names[at]?.startsWith('.')) break
        }
      } else if (nameMatches(pattern, names[end])) next.add(end + 1)
    }
    ends = next
  }
  return ends.has(names.length)
}

const nameMatches = (pattern: string, name: string | undefined): boolean => {
  if (name === undefined || (name.startsWith('.') && !pattern.startsWith('.'))) return false
  return fnmatch(pattern, name)
}

/** The pattern without braces: `{a,b}/c` is `a/c` and `b/c`. */
const alternatives = (pattern: string): string[] => {
  let done: string[] = []
  let open = [pattern]
  while (open.length > 0 && done.length + open.length <= maxAlternatives) {
    const next: string[] = []
    for (const each of open) {
      const [, before = '', inner, after = ''] = /^(.*?)\{([^{}]*)\}(.*)$/s.exec(each) ?? []
      if (inner === undefined) done.push(each)
      else next.push(...inner.split(',').map((choice) => before + choice + after))
    }
    open = next
  }
  done = [...done, ...open]
  return done.slice(0, maxAlternatives)
}

const maxAlternatives = 1_000
