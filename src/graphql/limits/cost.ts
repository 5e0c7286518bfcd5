import {
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql'
import { literalDepth } from './input-depth.ts'
import { literalValue, type PageSizes, sum, type VariableValue, type Work, workOfField } from './objects.ts'

/** What a document asks for; of several operations the largest of each, but the cost of the one that would run. */
export type DocumentSize = {
  /** Fields within fields. Introspection does not count. */
  depth: number
  aliases: number
  rootFields: number
  /** The most at one place. */
  directives: number
  /** The deepest literal, in levels. */
  inputDepth: number
  /** Objects in the largest possible answer. 0 if it is unclear which operation would run. */
  cost: number
  /** Lists of posts that have to be made for it, as the cost is counted. */
  lists: number
}

/**
 * Measures a document against a schema, valid or not, in time linear in its size: each fragment is measured once,
 * however often it is spread. Throws a GraphQLError (GRAPHQL_VALIDATION_FAILED) for a fragment within itself.
 */
export const measureDocument = (
  document: DocumentNode,
  schema: GraphQLSchema,
  variables: Readonly<Record<string, unknown>>,
  operationName: string | undefined,
  sizes: PageSizes,
): DocumentSize => {
  const operations = document.definitions.filter((node) => node.kind === Kind.OPERATION_DEFINITION)
  const fragments = document.definitions.filter((node) => node.kind === Kind.FRAGMENT_DEFINITION)
  const running = runningOperation(operations, operationName)
  const measure = measureWith(schema, fragments, variableValues(running, variables), sizes)

  const total: DocumentSize = {
    depth: 0,
    aliases: 0,
    rootFields: 0,
    directives: 0,
    inputDepth: 0,
    cost: 0,
    lists: 0,
  }
  // Fragments that nothing spreads run nowhere, yet validation reads them.
  for (const fragment of fragments) takeLargest(total, measure.fragment(fragment.name.value))
  for (const operation of operations) {
    const size = measure.operation(operation)
    takeLargest(total, size)
    total.rootFields = Math.max(total.rootFields, size.fields)
    if (operation !== running) continue
    total.cost = size.objects
    total.lists = size.lists
  }
  return total
}

/** What one set of selections asks for, fragments filled in. `fields` are those of the set itself. */
type Size = Omit<DocumentSize, 'rootFields' | 'cost' | 'lists'> & Work & { fields: number }

const measureWith = (
  schema: GraphQLSchema,
  fragments: readonly FragmentDefinitionNode[],
  variable: VariableValue,
  sizes: PageSizes,
) => {
  const definitions = new Map(fragments.map((node) => [node.name.value, node]))
  const measured = new Map<string, Size | 'in progress'>()
  const operation = (node: OperationDefinitionNode): Size => {
    const size = selections(node.selectionSet, schema.getRootType(node.operation) ?? undefined)
    noteDirectives(size, node.directives)
    for (const { directives, defaultValue } of node.variableDefinitions ?? []) {
      noteDirectives(size, directives)
      if (defaultValue) noteInput(size, defaultValue)
    }
    return size
  }

  const fragment = (name: string): Size => {
    const known = measured.get(name)
    if (known === 'in progress') throw cycle(name)
    if (known) return known
    const definition = definitions.get(name)
    if (!definition) return emptySize()
    measured.set(name, 'in progress')
    const size = selections(definition.selectionSet, schema.getType(definition.typeCondition.name.value))
    noteDirectives(size, definition.directives)
    measured.set(name, size)
    return size
  }

  const selections = (set: SelectionSetNode, parent: GraphQLNamedType | undefined): Size => {
    const size = emptySize()
    for (const selection of set.selections) {
      include(size, selected(selection, parent))
      noteDirectives(size, selection.directives)
    }
    return size
  }

  const selected = (selection: SelectionNode, parent: GraphQLNamedType | undefined): Size => {
    if (selection.kind === Kind.FRAGMENT_SPREAD) return fragment(selection.name.value)
    if (selection.kind === Kind.FIELD) return field(selection, parent)
    const condition = selection.typeCondition
    return selections(selection.selectionSet, condition ? schema.getType(condition.name.value) : parent)
  }

  const field = (node: FieldNode, parent: GraphQLNamedType | undefined): Size => {
    const name = node.name.value
    const declared = parent && isCompositeType(parent) ? schema.getField(parent, name) : undefined
    const inside = node.selectionSet
      ? selections(node.selectionSet, declared && getNamedType(declared.type))
      : emptySize()
    const size = { ...inside, ...workOfField(node, parent, declared, inside, variable, sizes) }
    size.depth = name.startsWith('__') ? 0 : inside.depth + 1
    size.fields = name === '__typename' ? 0 : 1
    if (node.alias && node.alias.value !== name) size.aliases += 1
    for (const argument of node.arguments ?? []) noteInput(size, argument.value)
    return size
  }

  return { operation, fragment }
}

/** Undefined where GraphQL would refuse to choose. */
const runningOperation = (operations: readonly OperationDefinitionNode[], name: string | undefined) => {
  if (name) return operations.find((node) => node.name?.value === name)
  return operations.length === 1 ? operations[0] : undefined
}

/** The values sent, and the defaults that the operation declares for those that were not. */
const variableValues = (
  operation: OperationDefinitionNode | undefined,
  variables: Readonly<Record<string, unknown>>,
): VariableValue => {
  const defaults = new Map<string, unknown>()
  for (const { variable, defaultValue } of operation?.variableDefinitions ?? []) {
    if (defaultValue)
      defaults.set(
        variable.name.value,
        literalValue(defaultValue, () => undefined),
      )
  }
  return (name) => (Object.hasOwn(variables, name) ? variables[name] : defaults.get(name))
}

const emptySize = (): Size => {
  const none = { objects: 0, lists: 0 }
  return { depth: 0, aliases: 0, fields: 0, directives: 0, inputDepth: 0, ...none, perNode: none }
}

/** Adds one more selection of the same set. */
const include = (size: Size, next: Size): void => {
  const aliases = sum(size.aliases, next.aliases)
  takeLargest(size, next)
  size.aliases = aliases
  size.fields = sum(size.fields, next.fields)
  size.objects = sum(size.objects, next.objects)
  size.lists = sum(size.lists, next.lists)
  size.perNode = {
    objects: sum(size.perNode.objects, next.perNode.objects),
    lists: sum(size.perNode.lists, next.perNode.lists),
  }
}

type Largest = Pick<Size, 'depth' | 'aliases' | 'directives' | 'inputDepth'>

const takeLargest = (total: Largest, next: Largest): void => {
  total.depth = Math.max(total.depth, next.depth)
  total.aliases = Math.max(total.aliases, next.aliases)
  total.directives = Math.max(total.directives, next.directives)
  total.inputDepth = Math.max(total.inputDepth, next.inputDepth)
}

const noteDirectives = (size: Size, directives: readonly DirectiveNode[] = []): void => {
  size.directives = Math.max(size.directives, directives.length)
  for (const directive of directives) {
    for (const argument of directive.arguments ?? []) noteInput(size, argument.value)
  }
}

const noteInput = (size: Size, value: ValueNode): void => {
  size.inputDepth = Math.max(size.inputDepth, literalDepth(value))
}

const cycle = (name: string): GraphQLError =>
  new GraphQLError(
    `The fragment "${name}" spreads itself, directly or through others; no answer could end.`,
    {
      extensions: { code: 'GRAPHQL_VALIDATION_FAILED', http: { status: 400, spec: true } },
    },
  )
