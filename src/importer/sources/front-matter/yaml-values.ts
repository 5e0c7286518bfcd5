import { type Document, isAlias, isMap, isScalar, isSeq, type Node, type Scalar, type YAMLMap } from 'yaml'

/** Valid YAML that is not taken: `offset` is where it stands in the text. */
export class RefusedYaml extends Error {
  readonly offset: number
  readonly rule: string
  readonly action: string

  constructor(offset: number, rule: string, message: string, action: string) {
    super(message)
    this.offset = offset
    this.rule = rule
    this.action = action
  }
}

export type YamlWarning = { offset: number; rule: string; message: string; action: string }

// A person writes a handful of anchors and levels and, at most, some hundred values.
const maxAliases = 50
const maxDepth = 32
const maxValues = 20_000

/** Makes JSON values of one parsed document, counting what could be a bomb. Throws RefusedYaml. */
export class YamlReader {
  readonly warnings: YamlWarning[] = []
  readonly #document: Document.Parsed
  #aliases = 0
  #values = 0

  constructor(document: Document.Parsed) {
    this.#document = document
    for (const warning of document.warnings) {
      this.warnings.push({
        offset: warning.pos[0],
        rule: 'yaml-tag',
        message: `A YAML tag is ignored: ${warning.message}.`,
        action: 'Check the value, and remove the tag.',
      })
    }
  }

  value(node: unknown, depth = 0): unknown {
    if (++this.#values > maxValues) this.#refuse(node, `has more than ${maxValues} values`)
    if (depth > maxDepth) this.#refuse(node, `is nested more than ${maxDepth} levels deep`)
    if (isScalar(node)) return scalarValue(node)
    if (isSeq(node)) return node.items.map((item) => this.value(item, depth + 1))
    if (isMap(node)) return this.#map(node, depth)
    if (!isAlias(node)) return null
    if (++this.#aliases > maxAliases) this.#refuse(node, `has more than ${maxAliases} aliases`)
    const target = node.resolve(this.#document)
    if (target === undefined) {
      throw new RefusedYaml(
        offsetOf(node),
        'yaml-invalid',
        `There is no anchor "&${node.source}".`,
        'Quote a value that starts with "*".',
      )
    }
    return this.value(target, depth + 1)
  }

  #map(node: YAMLMap, depth: number): Record<string, unknown> {
    const map: Record<string, unknown> = Object.create(null)
    const written = new Set<string>()
    for (const { key: keyNode, value } of node.items) {
      const key = keyOf(keyNode, node)
      if (key === '<<' && merge(map, this.value(value, depth + 1))) continue
      if (written.has(key)) {
        this.warnings.push({
          offset: offsetOf(keyNode),
          rule: 'yaml-duplicate-key',
          message: `The key "${key}" is there twice; this one is used.`,
          action: 'Remove one of them.',
        })
      }
      written.add(key)
      map[key] = this.value(value, depth + 1)
    }
    return map
  }

  #refuse(node: unknown, what: string): never {
    throw new RefusedYaml(
      offsetOf(node),
      'yaml-too-large',
      `The YAML ${what}.`,
      'Make it smaller, and repeat values instead of aliases.',
    )
  }
}

/**
 * Lays what a merge key (`<<: *anchor`) names over the keys above it, as Jekyll's parser does; keys below it count more.
 * Of several maps the first counts most. False for what is no map.
 */
const merge = (map: Record<string, unknown>, value: unknown): boolean => {
  const maps = Array.isArray(value) ? value.toReversed() : [value]
  if (!maps.every((each) => typeof each === 'object' && each !== null && !Array.isArray(each))) return false
  Object.assign(map, ...maps)
  return true
}

/** A key as it is written. */
export const keyOf = (node: unknown, map: YAMLMap): string => {
  if (node === null) return ''
  if (!isScalar(node)) {
    throw new RefusedYaml(
      offsetOf(node ?? map),
      'yaml-key',
      'A key is a list, a map or an alias.',
      'Use a word as the key.',
    )
  }
  const value = scalarValue(node)
  return typeof value === 'string' ? value : (node.source ?? '')
}

const scalarValue = (node: Scalar): unknown => {
  const { value } = node
  if (typeof value === 'string') return storable(node, value)
  // What JSON and JavaScript would print differently is kept as its author wrote it: 1.10, 0x1F, .inf, 2^53 and more.
  if (typeof value === 'number' || typeof value === 'bigint') {
    return node.source === undefined || String(value) === node.source ? value : node.source
  }
  return value ?? null
}

const storable = (node: Scalar, text: string): string => {
  if (text.isWellFormed() && !text.includes('\0')) return text
  throw new RefusedYaml(
    offsetOf(node),
    'unstorable-character',
    'A value has a NUL character or half of a surrogate pair (as an escape).',
    'Remove the escape; no database text can hold it.',
  )
}

const offsetOf = (node: unknown): number => (node as Node | null | undefined)?.range?.[0] ?? 0
