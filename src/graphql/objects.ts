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

/** How many objects selections can answer with. */
export type Objects = {
  objects: number
  /** Those to be counted for each node of the connection that the selections stand in: only its field knows the page. */
  objectsPerNode: number
}

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
 */
export function objectsOfField(
  node: FieldNode,
  parent: GraphQLNamedType | undefined,
  field: Field | undefined,
  inside: Objects,
  variable: VariableValue,
  sizes: PageSizes,
): Objects {
  const name = node.name.value
  if (name.startsWith('__')) return objects(introspectionCost[name] ?? 0)
  if (!node.selectionSet) return objects(0)
  if (!field) return objects(inside.objects + 1)

  if (isNamed(parent, 'Connection')) {
    if (name === 'edges' || name === 'nodes')
      return { objects: 0, objectsPerNode: capped(inside.objects + 1) }
    if (name === 'pageInfo') return objects(0)
  }
  // The edge was counted as its node.
  if (isNamed(parent, 'Edge') && name === 'node') return objects(inside.objects)

  if (isNamed(getNamedType(field.type), 'Connection')) {
    const nodes = pageSize(node, field, variable, sizes) ?? sizes.defaultPageSize
    // At least one: asked only for its `totalCount`, it is still a statement.
    return objects(Math.max(1, inside.objects + inside.objectsPerNode * nodes))
  }
  const items = isListType(getNullableType(field.type)) ? listSize(node, field, variable, sizes) : 1
  return objects(items * (1 + inside.objects + inside.objectsPerNode * sizes.pageSize))
}

/** Adds up two counts, without growing past where arithmetic holds. */
export function sum(one: number, other: number): number {
  return capped(one + other)
}

/** A literal as far as a size can be read from it: a number, or a list for the sake of its length; else null. */
export function literalValue(node: ValueNode, variable: VariableValue): unknown {
  if (node.kind === Kind.VARIABLE) return variable(node.name.value)
  if (node.kind === Kind.INT) return Number(node.value)
  if (node.kind === Kind.LIST) return node.values
  return null
}

/**
 * The lists of introspection are as long as the schema, and graphql-js bounds how they nest
 * (MaxIntrospectionDepthRule). A whole schema is about as much work as this many objects of content.
 */
const introspectionCost: Record<string, number> = { __schema: 1_000, __type: 200 }

function listSize(node: FieldNode, field: Field, variable: VariableValue, sizes: PageSizes): number {
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
function pageSize(
  node: FieldNode,
  field: Field,
  variable: VariableValue,
  sizes: PageSizes,
): number | undefined {
  const asked = ['first', 'last']
    .map((name) => argumentValue(node, field, name, variable))
    .filter((value): value is number => typeof value === 'number' && !Number.isNaN(value))
  if (asked.length === 0) return undefined
  return Math.min(Math.max(0, ...asked), sizes.pageSize)
}

function argumentValue(node: FieldNode, field: Field, name: string, variable: VariableValue): unknown {
  const declared = field.args.find((argument) => argument.name === name)
  if (!declared) return undefined
  const given = node.arguments?.find((argument) => argument.name.value === name)
  const value = given && literalValue(given.value, variable)
  return value === undefined ? schemaDefault(declared) : value
}

function schemaDefault({ default: given }: GraphQLArgument): unknown {
  if (!given) return undefined
  return given.literal ? literalValue(given.literal, () => undefined) : given.value
}

function objects(count: number): Objects {
  return { objects: capped(count), objectsPerNode: 0 }
}

function capped(count: number): number {
  return Math.min(count, countLimit)
}

function isNamed(type: GraphQLNamedType | undefined, ending: string): boolean {
  return type?.name.endsWith(ending) ?? false
}
