import { createSchema, createYoga } from 'graphql-yoga'
import { parserCaches } from '../../src/graphql/limits/document-cache.ts'
import { limitsPlugin } from '../../src/graphql/limits/limits.ts'
import {
  type GraphQLCall,
  type GraphQLRouteOptions,
  graphqlRoute,
  paramsFromCall,
} from '../../src/http/graphql-route.ts'
import { type Lent, withServer } from './http-server.ts'

/** A subscription that says one thing, then waits; `ended` tells whether it was told to stop. */
const ticking = () => {
  const source = { ended: false }
  const more = Promise.withResolvers<IteratorResult<unknown>>()
  const values = [{ done: false as const, value: { tick: 1 } }]
  const iterator = {
    next: () => Promise.resolve(values.shift() ?? more.promise),
    return: () => {
      source.ended = true
      more.resolve({ done: true, value: undefined })
      return more.promise
    },
    [Symbol.asyncIterator]: () => iterator,
  }
  return { source, subscribe: () => iterator }
}

const typeDefs = `
  type Query { hello(name: String): String fail: String }
  type Mutation { touch: Boolean }
  type Subscription { tick: Int }
`

export const withGraphQL = async (
  use: (lent: Lent & { source: { ended: boolean } }) => Promise<void>,
  options: Omit<GraphQLRouteOptions, 'yoga'> = {},
): Promise<void> => {
  const { source, subscribe } = ticking()
  const hello = (_: unknown, { name }: { name?: string }) => `hello ${name ?? 'you'}`
  const fail = () => Promise.reject(new Error('secret'))
  const resolvers = {
    Query: { hello, fail },
    Mutation: { touch: () => true },
    Subscription: { tick: { subscribe } },
  }
  const yoga = createYoga<GraphQLCall>({
    schema: createSchema({ typeDefs, resolvers }),
    logging: false,
    graphiql: false,
    landingPage: false,
    cors: false,
    maxRequestBodySize: false,
    parserAndValidationCache: parserCaches(),
    plugins: [paramsFromCall(), limitsPlugin()],
  })
  await withServer({ '/graphql': graphqlRoute({ yoga, ...options }) }, (lent) => use({ ...lent, source }))
}

export const json = { 'content-type': 'application/json' }

export const post = (
  url: string,
  body: BodyInit,
  headers: Record<string, string> = json,
): Promise<Response> => fetch(`${url}/graphql`, { method: 'POST', headers, body })

export const get = (url: string, query: Record<string, string>, init: RequestInit = {}) =>
  fetch(`${url}/graphql?${new URLSearchParams(query)}`, init)

export const firstError = async (response: Response): Promise<{ message: string; code: unknown }> => {
  const { errors } = (await response.json()) as {
    errors: { message: string; extensions: { code: unknown } }[]
  }
  return { message: errors[0]?.message ?? '', code: errors[0]?.extensions.code }
}
