import type { GraphQLSchema } from 'graphql'
import { createYoga, type Plugin, type YogaServerInstance } from 'graphql-yoga'
import type { Viewer } from '../auth/viewer.ts'
import type { Context } from '../graphql/context.ts'
import { parserCaches } from '../graphql/document-cache.ts'
import { maskError } from '../graphql/errors.ts'
import { limitsPlugin } from '../graphql/limits.ts'
import type { GraphQLCall } from './graphql-route.ts'
import { paramsFromCall } from './graphql-route.ts'

/** Yoga as this project uses it: GraphQL over HTTP alone. Pages, bodies, CORS and stopping are the server's. */
export const createGraphQLServer = (
  schema: GraphQLSchema,
  contextOf: (viewer: Viewer, requestId: string) => Context,
  onError: (error: unknown, requestId: string) => void,
): YogaServerInstance<GraphQLCall, Context> =>
  createYoga<GraphQLCall, Context>({
    schema,
    graphqlEndpoint: '/graphql',
    context: ({ viewer, call }) => contextOf(viewer, call.requestId),
    plugins: [paramsFromCall(), limitsPlugin(), maskPlugin(onError)],
    parserAndValidationCache: parserCaches(),
    // The route has read the body, within its own limit.
    maxRequestBodySize: false,
    maskedErrors: false,
    logging: false,
    graphiql: false,
    landingPage: false,
    cors: false,
    batching: false,
    multipart: false,
  })

/** Errors leave with what a caller may see of them; the rest is in the log under the request's id. */
const maskPlugin = (onError: (error: unknown, requestId: string) => void): Plugin<Context & GraphQLCall> => ({
  onExecutionResult({ result, context, setResult }) {
    const { requestId } = context as unknown as Context
    const mask = (error: unknown) => maskError(error, requestId, (original) => onError(original, requestId))
    if (!result || Array.isArray(result) || Symbol.asyncIterator in result || !('errors' in result)) return
    if (result.errors) setResult({ ...result, errors: result.errors.map(mask) })
  },
  onSubscribe: ({ args }) => ({
    onSubscribeResult: () => ({
      onNext: ({ result, setResult }) => {
        const { requestId } = args.contextValue as Context
        const mask = (error: unknown) =>
          maskError(error, requestId, (original) => onError(original, requestId))
        if ('errors' in result && result.errors) setResult({ ...result, errors: result.errors.map(mask) })
      },
    }),
  }),
})
