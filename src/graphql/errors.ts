import { GraphQLError } from 'graphql'
import { RequestError, type RequestErrorCode } from '../errors.ts'

/** A top-level error with its code in `extensions.code`. */
export const requestError = (code: RequestErrorCode, message: string): GraphQLError =>
  new GraphQLError(message, { extensions: { code } })

/** The same for every caller that lacks the scope, with a key or without. */
export const forbidden = (coordinate: string): GraphQLError =>
  requestError('FORBIDDEN', `${coordinate} needs a scope that this request's API key does not have.`)

/** What a caller may see of an error: expected ones as they are, anything else masked with the request's id. */
export const maskError = (error: unknown, requestId: string, log: (error: unknown) => void): GraphQLError => {
  const original = error instanceof GraphQLError ? (error.originalError ?? error) : error
  if (original instanceof RequestError) return located(error, requestError(original.code, original.message))
  if (
    error instanceof GraphQLError &&
    (original instanceof GraphQLError || error.originalError === undefined)
  )
    return error
  log(original)
  const extensions = { code: 'INTERNAL_SERVER_ERROR', requestId }
  return located(
    error,
    new GraphQLError('Something went wrong on our side. The request id is in the log.', { extensions }),
  )
}

const located = (error: unknown, { message, extensions }: GraphQLError): GraphQLError =>
  error instanceof GraphQLError
    ? new GraphQLError(message, { nodes: error.nodes, path: error.path, extensions })
    : new GraphQLError(message, { extensions })
