import { createHash } from 'node:crypto'
import {
  type DocumentNode,
  getOperationAST,
  Kind,
  OperationTypeNode,
  print,
  type SelectionSetNode,
} from 'graphql'
import { inputDepth } from '../../graphql/limits/input-depth.ts'
import { defaultLimits, parseDocument } from '../../graphql/limits/limits.ts'
import type { GraphQLParams } from '../body.ts'

/**
 * What a request asks, when it is one mutation field: a SHA-256 of document, variables and operation, the same whatever
 * the blanks and the order of variables. `others` when it asks for something else; null for what is refused anyway, such
 * as a document that cannot be parsed.
 */
export const oneMutation = ({ query = '', variables = {}, operationName }: GraphQLParams) => {
  const document = parsed(query)
  const operation = document && getOperationAST(document, operationName)
  // Beyond the limit the variables would have to be walked by a stack of any depth.
  if (!operation || inputDepth(variables, defaultLimits.inputDepth) > defaultLimits.inputDepth) return null
  if (operation.operation !== OperationTypeNode.MUTATION) return 'others'
  if (rootFields(document, operation.selectionSet).size !== 1) return 'others'
  const asked = [print(document), sorted(variables), operation.name?.value ?? null]
  return { hash: createHash('sha256').update(JSON.stringify(asked)).digest('hex') }
}

const parsed = (source: string): DocumentNode | null => {
  try {
    return parseDocument(source)
  } catch {
    return null
  }
}

/** The names in the answer; `__typename` asks for nothing. A fragment that spreads itself ends with its first visit. */
const rootFields = (
  document: DocumentNode,
  { selections }: SelectionSetNode,
  visited = new Set<string>(),
): Set<string> => {
  const names = selections.flatMap((selection) => {
    if (selection.kind === Kind.FIELD)
      return selection.name.value === '__typename' ? [] : [selection.alias?.value ?? selection.name.value]
    if (selection.kind === Kind.INLINE_FRAGMENT)
      return [...rootFields(document, selection.selectionSet, visited)]
    const name = selection.name.value
    const fragment = document.definitions.find(
      (definition) => definition.kind === Kind.FRAGMENT_DEFINITION && definition.name.value === name,
    )
    if (fragment?.kind !== Kind.FRAGMENT_DEFINITION || visited.has(name)) return []
    visited.add(name)
    return [...rootFields(document, fragment.selectionSet, visited)]
  })
  return new Set(names)
}

/** The same value with the keys of its objects in one order. */
const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1))
  return Object.fromEntries(entries.map(([name, item]) => [name, sorted(item)]))
}
