import { isMap } from '../front-matter/front-matter.ts'
import type { JekyllConfig } from './config.ts'
import { globMatches } from './path-glob.ts'

type Values = Record<string, unknown>

/**
 * What `defaults` in `_config.yml` gives a file before its own front matter. The narrower scope counts more: the one with
 * the longer path, of equal ones the one with a type, then the later one.
 *
 * @param path from the root of the site.
 * @param types what the file is to Jekyll: `posts`, and `drafts` for a draft.
 */
export const defaultsFor = (
  { defaults, collectionsDir }: Pick<JekyllConfig, 'defaults' | 'collectionsDir'>,
  path: string,
  types: string[],
): Values => {
  let values: Values = Object.create(null)
  let narrowest: Scope | null = null
  for (const { scope, values: own } of setsOf(defaults)) {
    if (!isOfType(scope, types) || !isOfPath(scope, path, collectionsDir)) continue
    if (narrowest === null || isNarrower(scope, narrowest)) {
      values = merged(values, own)
      narrowest = scope
    } else values = merged(own, values)
  }
  return values
}

/** Lays one map over another as Jekyll does: maps within are merged, and null leaves what is there. */
export const merged = (under: Values, over: Values): Values => {
  const result: Values = Object.assign(Object.create(null), under)
  for (const [key, value] of Object.entries(over)) {
    const below = result[key]
    if (value === null && Object.hasOwn(result, key)) continue
    result[key] = isMap(below) && isMap(value) ? merged(below, value) : value
  }
  return result
}

type Scope = Record<string, unknown>

const setsOf = (defaults: unknown[]): { scope: Scope; values: Values }[] =>
  defaults.flatMap((set) =>
    isMap(set) && isMap(set.values)
      ? [{ scope: isMap(set.scope) ? set.scope : Object.create(null), values: set.values }]
      : [],
  )

const isOfType = (scope: Scope, types: string[]): boolean => {
  if (!Object.hasOwn(scope, 'type')) return true
  const type = String(scope.type)
  return types.includes(type) || types.includes(`${type}s`)
}

const isOfPath = (scope: Scope, path: string, collectionsDir: string): boolean => {
  if (typeof scope.path !== 'string' || scope.path === '') return true
  // What Jekyll compares has no collections_dir in front; what its globs find on the disk has.
  const without = (each: string) =>
    collectionsDir !== '' && each.startsWith(`${collectionsDir}/`)
      ? each.slice(collectionsDir.length + 1)
      : each
  const wanted = scope.path
  if (!wanted.includes('*')) return without(path).startsWith(without(wanted))
  const parts = path.split('/')
  const above = parts.map((_part, index) => parts.slice(0, index + 1).join('/'))
  return above.some((each) => globMatches(wanted, each) && without(path).startsWith(without(each)))
}

const isNarrower = (scope: Scope, than: Scope): boolean => {
  const [length, other] = [lengthOf(scope), lengthOf(than)]
  if (length !== other) return length > other
  return Object.hasOwn(scope, 'type') || !Object.hasOwn(than, 'type')
}

const lengthOf = ({ path }: Scope): number => (typeof path === 'string' ? path.replace(/^\//, '').length : 0)
