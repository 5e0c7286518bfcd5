import {
  type ASTVisitor,
  GraphQLError,
  type GraphQLInputType,
  type GraphQLNamedInputType,
  type GraphQLSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInputType,
  isScalarType,
  Kind,
  print,
  specifiedRules,
  typeFromAST,
  type ValidationContext,
  type ValueNode,
  ValuesOfCorrectTypeRule,
  type VariableDefinitionNode,
  validateInputLiteral,
  validateInputValue,
} from 'graphql'

const literalsOfCorrectType = (context: ValidationContext): ASTVisitor => {
  const check = (what: string, value: ValueNode | undefined) => {
    const type = context.getInputType()
    if (!type || !value) return
    validateInputLiteral(value, type, ({ message, nodes, extensions }, path) => {
      const said = explained(what, type, message, path, () => print(nodes?.[0] ?? value))
      context.reportError(new GraphQLError(said, { nodes, extensions }))
    })
  }
  return {
    Argument: ({ name, value }) => check(`Argument "${name.value}"`, value),
    VariableDefinition: ({ variable, defaultValue }) =>
      check(`Variable "$${variable.name.value}"`, defaultValue),
  }
}

/** GraphQL's own rules, but a literal of the wrong type is told as a variable is: where it stands and what is allowed there. */
export const validationRules = specifiedRules.map((rule) =>
  rule === ValuesOfCorrectTypeRule ? literalsOfCorrectType : rule,
)

/**
 * What an executor found wrong with variables, in graphql-js's words, with what is allowed at each place; other errors are
 * left as they are.
 *
 * @param variables as they were sent.
 */
export const explainVariables = (
  schema: GraphQLSchema,
  errors: readonly GraphQLError[],
  variables: Readonly<Record<string, unknown>> | null | undefined,
): GraphQLError[] =>
  [...Map.groupBy(errors, definitionOf)].flatMap(([definition, found]) =>
    definition ? explainedVariable(schema, definition, variables ?? {}, found) : found,
  )

const definitionOf = ({ nodes }: GraphQLError): VariableDefinitionNode | null =>
  nodes?.[0]?.kind === Kind.VARIABLE_DEFINITION ? nodes[0] : null

/** An executor tells the path in words alone, so that the value is looked at again, for as many errors as it found. */
const explainedVariable = (
  schema: GraphQLSchema,
  definition: VariableDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
  found: GraphQLError[],
): GraphQLError[] => {
  const name = definition.variable.name.value
  const type = typeFromAST(schema, definition.type)
  if (!isInputType(type)) return found
  const value = Object.hasOwn(variables, name) ? variables[name] : undefined
  const messages: string[] = []
  const allFound = new Error('A list may have as many more as it has entries.')
  try {
    validateInputValue(value, type, ({ message }, path) => {
      const quoted = () => JSON.stringify(valueAt(value, path))
      messages.push(explained(`Variable "$${name}"`, type, message, path, quoted))
      if (messages.length === found.length) throw allFound
    })
  } catch (error) {
    if (error !== allFound) throw error
  }
  return found.map(({ message, extensions }, index) => {
    return new GraphQLError(messages[index] ?? message, { nodes: definition, extensions })
  })
}

type Path = readonly (string | number)[]

const valueAt = (value: unknown, path: Path): unknown =>
  path.reduce((inner, key) => (inner as Record<string, unknown>)[key], value)

/** In graphql-js's words for a variable, and then what is allowed. */
const explained = (
  what: string,
  type: GraphQLInputType,
  message: string,
  path: Path,
  quoted: () => string,
): string => {
  const at = path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`)).join('')
  const [own, outer] = typesAlong(type, path)
  // Of @oneOf alone graphql-js does not quote the value.
  const said = isOneOf(own) ? `${message} Found: ${quoted()}.` : message
  // A field of @oneOf that is null is wrong because another one could have been given.
  const allowed = isScalarType(own) && isOneOf(outer) ? allowedOf(outer) : allowedOf(own)
  return `${what} has invalid value${at && ` at ${at}`}: ${shortened(said)}${allowed}`
}

const isOneOf = (type: GraphQLNamedInputType | undefined): boolean => isInputObjectType(type) && type.isOneOf

/** The named types on the way to the path, the last one first: a list adds nothing to it. */
const typesAlong = (type: GraphQLInputType, path: Path): GraphQLNamedInputType[] => {
  const types = [getNamedType(type)]
  for (const key of path) {
    const field = isInputObjectType(types[0]) ? types[0].getFields()[key] : undefined
    if (field) types.unshift(getNamedType(field.type))
  }
  return types
}

/** What quotes a whole value may quote a post. */
const shortened = (message: string): string =>
  message.length > maxLength ? `${message.slice(0, maxLength).toWellFormed()}…` : message

// A few lines of a terminal.
const maxLength = 300

/** The names that there are, as a sentence; of a scalar its own message says what it takes. */
const allowedOf = (type: GraphQLNamedInputType | undefined): string => {
  if (isEnumType(type)) return ` ${type.name} is one of ${namesOf(type.getValues())}.`
  if (isInputObjectType(type))
    return ` ${type.name} has the fields ${namesOf(Object.values(type.getFields()))}.`
  return ''
}

const namesOf = (all: readonly { name: string }[]): string => all.map(({ name }) => name).join(', ')
