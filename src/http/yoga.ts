import {
  type DocumentNode,
  type ExecutionArgs,
  type GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  validate,
} from 'graphql'
import { createYoga, type Plugin, type YogaServerInstance } from 'graphql-yoga'
import { parserCaches } from '../graphql/limits/document-cache.ts'
import { explainVariables, validationRules } from '../graphql/limits/input-errors.ts'
import { limitsPlugin } from '../graphql/limits/limits.ts'
import type { Context } from '../graphql/schema/context.ts'
import { maskError } from '../graphql/schema/errors.ts'
import type { GraphQLCall } from './graphql-route.ts'
import { paramsFromCall } from './graphql-route.ts'

/**
 * Yoga as this project uses it: GraphQL over HTTP alone. Pages, bodies, CORS and stopping are the server's. Into a stream
 * of events it writes a comment every 12 s: often enough for proxies that close what is idle for 15 s or more, of which
 * most wait for 30 to 60.
 */
export const createGraphQLServer = (
  schema: GraphQLSchema,
  contextOf: (graphqlCall: GraphQLCall) => Context,
  onError: (error: unknown, requestId: string) => void,
  onDocumentLookUp?: (result: 'hit' | 'miss') => void,
): YogaServerInstance<GraphQLCall, Context> =>
  createYoga<GraphQLCall, Context>({
    schema,
    graphqlEndpoint: '/graphql',
    context: contextOf,
    plugins: [paramsFromCall(), limitsPlugin(), rulesPlugin, maskPlugin(schema, onError)],
    // The route has read the body, within its own limit.
    maxRequestBodySize: false,
    parserAndValidationCache: parserCaches({ onLookUp: onDocumentLookUp }),
    maskedErrors: false,
    logging: false,
    graphiql: false,
    landingPage: false,
    cors: false,
    batching: false,
    multipart: false,
  })

const rulesPlugin: Plugin = {
  onValidate({ setValidationFn }) {
    setValidationFn((schema: GraphQLSchema, document: DocumentNode) =>
      validate(schema, document, validationRules),
    )
  },
}

type ErrorSink = (error: unknown, requestId: string) => void

/** Errors leave with what a caller may see of them; the rest is in the log under the request's id. */
const maskPlugin = (schema: GraphQLSchema, onError: ErrorSink): Plugin<Context & GraphQLCall> => ({
  onExecute: ({ args }) => noteOperation(args),
  onExecutionResult({ result, context, setResult }) {
    if (!result || Array.isArray(result) || Symbol.asyncIterator in result || !result.errors) return
    const errors = explainVariables(schema, result.errors, context.params.variables)
    setResult({ ...result, errors: masked(errors, context as unknown as GraphQLCall, onError) })
  },
  onSubscribe: ({ args }) => {
    noteOperation(args)
    return {
      onSubscribeResult: () => ({
        onNext: ({ result, setResult }) => {
          const graphqlCall = args.contextValue as GraphQLCall
          if ('errors' in result && result.errors)
            setResult({ ...result, errors: masked(result.errors, graphqlCall, onError) })
          else setResult(printed(result))
          graphqlCall.pace?.end()
        },
      }),
      // What the source of the events throws while it is followed comes this way, and no other.
      onSubscribeError: ({ error, setError }) =>
        setError(masked([error as GraphQLError], args.contextValue as GraphQLCall, onError)[0]),
    }
  },
})

/** The same result, as text already: making it is the larger half of what an event costs, and so is within its turn. */
const printed = <Result extends object>(result: Result): Result => {
  const text = JSON.stringify(result)
  return { ...result, stringify: () => text }
}

// GraphQL's own rule of names, and a length that no name of a person's making has.
const operationName = /^[_A-Za-z]\w{0,99}$/

/** The name of the operation that runs goes into the log, the metrics and the trace: only of a valid document, and bounded. */
const noteOperation = ({ document, operationName: chosen, contextValue }: ExecutionArgs): void => {
  const { call } = contextValue as GraphQLCall
  const name = getOperationAST(document, chosen)?.name?.value
  call.facts.operation = name !== undefined && operationName.test(name) ? name : null
}

const masked = (
  errors: readonly GraphQLError[],
  { call }: GraphQLCall,
  onError: ErrorSink,
): GraphQLError[] => {
  const { requestId, facts } = call
  // One refusal may be the answer of thousands of fields.
  const shown = [...new Set(errors)].map((error) =>
    maskError(error, requestId, (original) => onError(original, requestId)),
  )
  facts.errors = [...new Set(shown.map((error) => String(error.extensions.code ?? 'UNKNOWN')))]
  return shown
}
