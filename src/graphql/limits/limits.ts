import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  type ParseOptions,
  parse,
  type Source,
} from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { type DocumentSize, measureDocument } from './cost.ts'
import { inputDepth } from './input-depth.ts'

/** What one request may ask for. Depth, aliases, root fields and cost count a fragment wherever it is spread. */
export type Limits = Readonly<typeof defaultLimits>

export const defaultLimits = {
  // Ten times the length of GraphiQL's introspection.
  characters: 20_000,
  // Introspection has about 200. Of 2,000 the worst that was found takes validation 60 milliseconds, and the tree 0.8 MB.
  tokens: 2_000,
  // posts → edges → node → author → name is 5; each hop through a Relay connection takes three.
  depth: 15,
  // An alias asks for the same thing again; depth and cost do not see a wall of aliased scalars.
  aliases: 30,
  // Each root field is at least one statement in the database.
  rootFields: 20,
  // `@skip` and `@include` are all that this schema knows; the rest is room for clients' own.
  directives: 4,
  // A hundred posts with nearly a hundred objects each: more than a page shows and as much as an answer should hold.
  cost: 10_000,
  // Of one event of a stream.
  subscriptionCost: 500,
  // Each is planned and begun by itself, which takes longer than its posts: so many take a second.
  lists: 1_000,
  // Of what is counted while it is answered: a hundred long articles, or what an app shows of a thousand.
  bytes: 10_000_000,
  // The cost takes a plain list for five: this is what they really have.
  objects: 20_000,
  // Filters nest with AND and OR; coercion and SQL both follow them recursively.
  inputDepth: 20,
  // The schema's own maximum of `first` and `last`: more is refused by the field with PAGE_SIZE_EXCEEDED, so that
  // it can never be delivered and need not be counted.
  pageSize: 100,
  // What a connection gives when neither `first` nor `last` is there.
  defaultPageSize: 20,
  // A list without a page (tags, categories, headings): posts have about five of each.
  plainListSize: 5,
}

/**
 * The Yoga plugin that refuses what is too large before anything expensive is done with it: the length before the
 * parse (and so before the parser's cache keeps it), the tokens during the parse, the rest before validation.
 *
 * It throws rather than sets a validation result: Yoga's validation cache, which runs after this plugin, would keep
 * an answer that depends on the variables for every later request with the same document.
 */
export const limitsPlugin = (limits: Limits = defaultLimits): Plugin => ({
  onParse({ params, setParseFn }) {
    checkLength(params.source, limits)
    setParseFn((source: string | Source, options?: ParseOptions) => parseDocument(source, limits, options))
  },
  onValidate({ params, context }) {
    const { variables, operationName } = context.params ?? {}
    const operation = getOperationAST(params.documentAST, operationName)?.operation
    // A stream asks for the same again with every event, and an old one for all that there were.
    const own = operation === 'subscription' ? { ...limits, cost: limits.subscriptionCost } : limits
    checkDocument(params.documentAST, params.schema, variables, operationName, own)
    return ({ valid, result, setResult }) => {
      if (!valid) setResult(result.map(explainAbort))
    }
  },
  // What turned out to be too large while it was answered is refused as a whole, as what is refused before.
  onExecute: () => ({
    onExecuteDone({ result, setResult }) {
      if (Symbol.asyncIterator in result) return
      const refused = result.errors?.find(({ extensions }) => extensions.code === 'QUERY_TOO_COMPLEX')
      if (refused) setResult({ errors: [refused] })
    },
  }),
})

/**
 * Parses a document within the limits of length and tokens.
 * Throws a GraphQLError with code QUERY_TOO_COMPLEX (too long) or GRAPHQL_PARSE_FAILED (not GraphQL).
 */
export const parseDocument = (
  source: string | Source,
  limits: Limits = defaultLimits,
  options: ParseOptions = {},
): DocumentNode => {
  checkLength(source, limits)
  try {
    return parse(source, { ...options, maxTokens: limits.tokens })
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error
    if (error.message.includes(`more than ${limits.tokens} tokens`)) {
      throw tooComplex('tokens', limits.tokens)
    }
    throw refusal(error.message, { code: 'GRAPHQL_PARSE_FAILED' }, error)
  }
}

/**
 * Measures a parsed document and throws the first limit that it breaks, as a GraphQLError with code
 * QUERY_TOO_COMPLEX and the extensions `limit`, `maximum` and, where it was counted to the end, `value`. A fragment
 * that spreads itself is refused with GRAPHQL_VALIDATION_FAILED. The document need not be valid: what the schema does
 * not know counts as one object.
 *
 * Every operation is held to the shape limits; the cost is that of the operation that would run.
 * The work is linear in the size of the document and its variables. Returns what was measured.
 */
export const checkDocument = (
  document: DocumentNode,
  schema: GraphQLSchema,
  variables?: Readonly<Record<string, unknown>> | null,
  operationName?: string | null,
  limits: Limits = defaultLimits,
): DocumentSize => {
  if (inputDepth(variables, limits.inputDepth) > limits.inputDepth) {
    throw tooComplex('inputDepth', limits.inputDepth)
  }
  const size = measureDocument(document, schema, variables ?? {}, operationName ?? undefined, limits)
  for (const limit of measuredLimits) {
    if (size[limit] > limits[limit]) throw tooComplex(limit, limits[limit], size[limit])
  }
  return size
}

const measuredLimits = [
  'directives',
  'inputDepth',
  'depth',
  'aliases',
  'rootFields',
  'cost',
  'lists',
] as const

/** What a limit counts, and what a caller can do who broke it. */
const explained = {
  characters: { counted: 'characters', advice: 'Ask for less at once, or split it into several requests.' },
  tokens: { counted: 'tokens', advice: 'Ask for less at once, or split it into several requests.' },
  depth: { counted: 'levels of fields', advice: 'Start a second query from the id of an object halfway.' },
  aliases: { counted: 'aliases', advice: 'Use variables and several requests in place of aliases.' },
  rootFields: { counted: 'fields at its root', advice: 'Split it into several requests.' },
  directives: { counted: 'directives at one place', advice: 'Remove some of them.' },
  inputDepth: { counted: 'levels of nested input', advice: 'Write the argument or variable flatter.' },
  cost: {
    counted: 'objects in its largest possible answer',
    advice: 'Ask for smaller pages with "first" or "last", or for fewer lists within lists.',
  },
  bytes: {
    counted: 'bytes of text in its answer',
    advice: 'Ask for smaller pages with "first" or "last", or for fewer of the long fields.',
  },
  objects: {
    counted: 'objects in its answer',
    advice: 'Ask for smaller pages with "first" or "last", or for fewer lists within lists.',
  },
  lists: {
    counted:
      'lists of posts to make, a condition of their filters counting as five and a search as a hundred',
    advice: 'Ask for fewer lists within lists, with simpler filters, or in several requests.',
  },
}

const checkLength = (source: string | Source, limits: Limits): void => {
  const { length } = typeof source === 'string' ? source : source.body
  if (length <= limits.characters) return
  throw tooComplex('characters', limits.characters, length)
}

/** graphql-js stops comparing fields that might conflict after 500,000 steps, and says no more than this. */
const explainAbort = (error: Error): Error => {
  if (error.message !== 'Validation aborted.') return error
  const message =
    'The same fields are selected too often in one place to be compared. Remove the repetitions.'
  return refusal(message, { code: 'QUERY_TOO_COMPLEX', limit: 'repetitions' })
}

/** `value` is left out where counting stopped at the limit. */
export const tooComplex = (
  limit: keyof typeof explained,
  maximum: number,
  value?: number,
  more = '',
): GraphQLError => {
  const { counted, advice } = explained[limit]
  const found = value === undefined ? `more than ${count(maximum)}` : count(value)
  const message = `The query has ${found} ${counted}; ${count(maximum)} are allowed. ${advice}${more}`
  return refusal(message, { code: 'QUERY_TOO_COMPLEX', limit, value, maximum })
}

const count = (value: number): string => value.toLocaleString('en')

/**
 * `http` is Yoga's, which takes it out of the answer: 400, or 200 for a caller that accepts only
 * `application/json`, where GraphQL over HTTP reserves 4xx for requests that are not GraphQL (`spec`).
 */
const refusal = (message: string, extensions: Record<string, unknown>, cause?: GraphQLError): GraphQLError =>
  new GraphQLError(message, {
    source: cause?.source,
    positions: cause?.positions,
    extensions: { ...extensions, http: { status: 400, spec: true } },
  })
