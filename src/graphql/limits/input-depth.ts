import { Kind, type ValueNode } from 'graphql'

/**
 * How deep a value from JSON is nested: 0 for a scalar, 1 for a flat list or object (the variables themselves are
 * one). Stops at `limit + 1`, so that neither a deep value nor a stack grows; the work is linear in its width.
 */
export const inputDepth = (value: unknown, limit: number): number => {
  if (typeof value !== 'object' || value === null) return 0
  if (limit < 0) return 1
  return 1 + deepest(Object.values(value), (item) => inputDepth(item, limit - 1), limit)
}

/** The same for a literal in a document, whose depth the parser's limit of tokens bounds. */
export const literalDepth = (value: ValueNode): number => {
  if (value.kind === Kind.LIST) return 1 + deepest(value.values, literalDepth)
  if (value.kind === Kind.OBJECT) return 1 + deepest(value.fields, (field) => literalDepth(field.value))
  return 0
}

const deepest = <T>(
  items: readonly T[],
  depthOf: (item: T) => number,
  enough = Number.POSITIVE_INFINITY,
): number => {
  let depth = 0
  for (const item of items) {
    depth = Math.max(depth, depthOf(item))
    if (depth > enough) break
  }
  return depth
}
