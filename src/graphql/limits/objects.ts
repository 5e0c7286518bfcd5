import {
  type FieldNode,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLNamedType,
  getNamedType,
  getNullableType,
  isListType,
  Kind,
  type ValueNode,
} from 'graphql'

/** How many objects selections can answer with, and how many lists have to be made for them. */
export type Counts = { objects: number; lists: number }

/** `perNode`: what is to be counted for each node of the connection that the selections stand in: only its field knows the page. */
export type Work = Counts & { perNode: Counts }

/** The sizes of pages and lists that the schema promises, in objects. */
export type PageSizes = Readonly<{ pageSize: number; defaultPageSize: number; plainListSize: number }>

/** What a variable stands for: the value sent or the operation's default; undefined if there is neither. */
export type VariableValue = (name: string) => unknown

type Field = GraphQLField<unknown, unknown>

/** No count grows above this: far over every limit, and far from where arithmetic ends (0 × Infinity is not a number). */
const countLimit = 1_000_000_000

/**
 * Counts the objects that one field can answer with, from what is selected inside it. A connection counts as its
 * nodes, by `edges` and by `nodes` (both, if both are selected); an object and each item of a list count as one.
 *
 * A plain list is as long as its `first` or `last` says, else its `extensions.listSize`, else its `ids`, else
 * `plainListSize`. A field that the schema does not know is one object.
 *
 * A field whose `extensions.lists` is there counts as so many lists of posts, which are what takes the database time, and each
 * look-up in its `filter` as some more.
 */
export const workOfField = (
  node: FieldNode,
  parent: GraphQLNamedType | undefined,
  field: Field | undefined,
  inside: Work,
  variable: VariableValue,
  sizes: PageSizes,
): Work => {
  const name = node.name.value
  if (name.startsWith('__')) return work(introspectionCost[name] ?? 0, 0)
  const own = field ? ownLists(node, field, variable) : 0
  if (!node.selectionSet) return work(0, own)
  if (!field) return work(inside.objects + 1, inside.lists)

  if (isNamed(parent, 'Connection')) {
    if (name === 'edges' || name === 'nodes')
      return { objects: 0, lists: 0, perNode: { objects: capped(inside.objects + 1), lists: inside.lists } }
    if (name === 'pageInfo') return work(0, 0)
  }
  // The edge was counted as its node.
  if (isNamed(parent, 'Edge') && name === 'node') return work(inside.objects, inside.lists)

  const { perNode } = inside
  if (isNamed(getNamedType(field.type), 'Connection')) {
    const nodes = pageSize(node, field, variable, sizes) ?? sizes.defaultPageSize
    // At least one: asked only for its `totalCount`, it is still a statement.
    const objects = Math.max(1, inside.objects + perNode.objects * nodes)
    return work(objects, own + inside.lists + perNode.lists * nodes)
  }
  const items = isListType(getNullableType(field.type)) ? listSize(node, field, variable, sizes) : 1
  return work(
    items * (1 + inside.objects + perNode.objects * sizes.pageSize),
    own + items * (inside.lists + perNode.lists * sizes.pageSize),
  )
}

/** Adds up two counts, without growing past where arithmetic holds. */
export const sum = (one: number, other: number): number => capped(one + other)

/** A literal as far as a size can be read from it: a number, or what has a length or names; else null. */
export const literalValue = (node: ValueNode, variable: VariableValue): unknown => {
  if (node.kind === Kind.VARIABLE) return variable(node.name.value)
  if (node.kind === Kind.INT) return Number(node.value)
  if (node.kind === Kind.LIST || node.kind === Kind.OBJECT) return plainValue(node, variable)
  return null
}

/**
 * The lists of introspection are as long as the schema, and graphql-js bounds how they nest
 * (MaxIntrospectionDepthRule). A whole schema is about as much work as this many objects of content.
 */
const introspectionCost: Record<string, number> = { __schema: 1_000, __type: 200 }

const listSize = (node: FieldNode, field: Field, variable: VariableValue, sizes: PageSizes): number => {
  const page = pageSize(node, field, variable, sizes)
  if (page !== undefined) return page
  if (typeof field.extensions.listSize === 'number') return field.extensions.listSize
  const ids = argumentValue(node, field, 'ids', variable)
  return Array.isArray(ids) ? Math.min(ids.length, sizes.pageSize) : sizes.plainListSize
}

/**
 * What `first` and `last` ask for. More than a page is refused by the field itself, and so is what is no number or
 * negative: nothing of it can be delivered.
 */
const pageSize = (
  node: FieldNode,
  field: Field,
  variable: VariableValue,
  sizes: PageSizes,
): number | undefined => {
  const asked = ['first', 'last']
    .map((name) => argumentValue(node, field, name, variable))
    .filter((value): value is number => typeof value === 'number' && !Number.isNaN(value))
  if (asked.length === 0) return undefined
  return Math.min(Math.max(0, ...asked), sizes.pageSize)
}

const argumentValue = (node: FieldNode, field: Field, name: string, variable: VariableValue): unknown => {
  const declared = field.args.find((argument) => argument.name === name)
  if (!declared) return undefined
  const given = node.arguments?.find((argument) => argument.name.value === name)
  const value = given && literalValue(given.value, variable)
  return value === undefined ? schemaDefault(declared) : value
}

const schemaDefault = ({ default: given }: GraphQLArgument): unknown => {
  if (!given) return undefined
  return given.literal ? literalValue(given.literal, () => undefined) : given.value
}

const work = (objects: number, lists: number): Work => ({
  objects: capped(objects),
  lists: capped(lists),
  perNode: { objects: 0, lists: 0 },
})

const ownLists = (node: FieldNode, field: Field, variable: VariableValue): number => {
  const { lists } = field.extensions
  if (typeof lists !== 'number') return 0
  const filter = node.arguments?.find((argument) => argument.name.value === 'filter')
  return lists + (filter ? lookUpsIn(plainValue(filter.value, variable)) * listsPerLookUp : 0)
}

// It reads what its slugs have; a list alone reads a page.
const listsPerLookUp = 5

/** How many look-ups a filter of posts is in the database, whatever the value: it is not validated yet. */
const lookUpsIn = (value: unknown): number => {
  if (typeof value !== 'object' || value === null) return 0
  const known = counted.get(value)
  if (known !== undefined) return known
  let count = 0
  for (const [name, part] of Object.entries(value))
    count += lookUpsIn(part) + (part !== null && lookUps.has(name) ? 1 : 0)
  counted.set(value, count)
  return count
}

const lookUps = new Set(['any', 'all', 'none', 'search'])
// A variable may be used in many places.
const counted = new WeakMap<object, number>()

/** A literal as the value that it would be sent as, as far as the names in it matter. */
const plainValue = (node: ValueNode, variable: VariableValue): unknown => {
  if (node.kind === Kind.VARIABLE) return variable(node.name.value)
  if (node.kind === Kind.LIST) return node.values.map((item) => plainValue(item, variable))
  if (node.kind !== Kind.OBJECT) return node.kind === Kind.NULL ? null : 'a scalar'
  return Object.fromEntries(node.fields.map((field) => [field.name.value, plainValue(field.value, variable)]))
}

const capped = (count: number): number => Math.min(count, countLimit)

const isNamed = (type: GraphQLNamedType | undefined, ending: string): boolean =>
  type?.name.endsWith(ending) ?? false
