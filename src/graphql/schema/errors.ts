import { GraphQLError } from 'graphql'
import { type Outage, outageOf } from '../../db/outage.ts'
import { isUnstorableText } from '../../db/unstorable.ts'
import { RequestError, type RequestErrorCode } from '../../lib/errors.ts'

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
    return coded(error)
  if (isUnstorableText(original)) return located(error, unstorable())
  log(original)
  const outage = outageOf(original)
  if (outage) return located(error, unavailable(outage))
  const extensions = { code: 'INTERNAL_SERVER_ERROR', requestId }
  return located(
    error,
    new GraphQLError('Something went wrong on our side. The request id is in the log.', { extensions }),
  )
}

/**
 * What graphql-js finds fault with while it runs are variables and arguments, and it gives them no code; what Yoga finds
 * fault with is the choice of the operation, and it has codes of its own.
 */
const coded = (error: GraphQLError): GraphQLError => {
  const { code, ...rest } = error.extensions
  const isOurs = code !== undefined && code !== 'BAD_REQUEST' && code !== 'OPERATION_RESOLUTION_FAILURE'
  if (isOurs) return error
  const extensions = { ...rest, code: 'BAD_USER_INPUT' }
  return located(error, new GraphQLError(error.message, { extensions }))
}

/** Whatever no rule of an input has found before the database did. */
const unstorable = (): GraphQLError =>
  requestError(
    'BAD_USER_INPUT',
    'A text of the request has a NUL character, which no text here can have; remove it.',
  )

/** 503 rather than 500, so that a caller asks again. */
const unavailable = ({ message, retryAfterSeconds }: Outage): GraphQLError =>
  new GraphQLError(message, {
    extensions: {
      code: 'SERVICE_UNAVAILABLE',
      http: { status: 503, headers: { 'retry-after': String(retryAfterSeconds) } },
    },
  })

const located = (error: unknown, { message, extensions }: GraphQLError): GraphQLError =>
  error instanceof GraphQLError
    ? new GraphQLError(message, { nodes: error.nodes, path: error.path, extensions })
    : new GraphQLError(message, { extensions })
