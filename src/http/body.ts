import { isUtf8 } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import { type Call, Refusal } from './call.ts'

/** A request's GraphQL parameters, checked for their types and nothing else. */
export type GraphQLParams = {
  query?: string
  operationName?: string
  variables?: Record<string, unknown>
  extensions?: Record<string, unknown>
}

/** 1 MB: the longest posts are a tenth of it, and a document has its own, smaller limit. */
export const defaultBodyLimit = 1_000_000

/**
 * The GraphQL parameters of a GET (query string) or POST (JSON), by GraphQL over HTTP; parameters that it does not
 * name are left out. `limit` is in bytes. Throws a Refusal: 400 for what is no GraphQL request, 413 for a body that
 * is too large, 415 for one that is not JSON in UTF-8. Nothing beyond the limit is ever held.
 */
export const readGraphQLParams = async (call: Call, limit = defaultBodyLimit): Promise<GraphQLParams> => {
  refuseEncoding(call.request)
  if (call.request.method !== 'POST') return paramsOfQueryString(new URLSearchParams(call.search))
  refuseOtherTypes(call.request)
  return checkedParams(parseJson(textOf(await readBody(call, limit)), 'The body'))
}

/** A decompressed body has no size that could be known beforehand; requests are small enough without. */
const refuseEncoding = ({ headers }: IncomingMessage): void => {
  if (headers['content-encoding'] === undefined) return
  throw new Refusal(415, 'BAD_USER_INPUT', 'Send the body without Content-Encoding.')
}

/** Only JSON: the other types of GraphQL servers can be sent across origins without a preflight. */
const refuseOtherTypes = ({ headers }: IncomingMessage): void => {
  const [type, ...parameters] = (headers['content-type'] ?? '').toLowerCase().split(';')
  const charset = parameters
    .map((parameter) => parameter.trim())
    .find((parameter) => parameter.startsWith('charset='))
  const isUtf8Json = type?.trim() === 'application/json' && utf8Charsets.includes(charset)
  if (!isUtf8Json)
    throw new Refusal(415, 'BAD_USER_INPUT', 'Send the body as JSON with Content-Type: application/json.')
}

const utf8Charsets = [undefined, 'charset=utf-8', 'charset="utf-8"', 'charset=utf8']

/** Collects a body chunk by chunk. Rejects with an Error when the caller goes away before its end. */
const readBody = async ({ request, held }: Call, limit: number): Promise<Buffer> => {
  if (Number(request.headers['content-length'] ?? 0) > limit) throw tooLarge(limit)
  // Its events are over: nothing would ever settle the promise.
  if (request.destroyed) throw gone()
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  const chunks: Buffer[] = []
  let size = 0
  const onData = (chunk: Buffer): void => {
    size += chunk.length
    try {
      if (size > limit) throw tooLarge(limit)
      held.add(chunk.length)
      chunks.push(chunk)
    } catch (error) {
      finish(() => reject(error as Error))
    }
  }

  const onEnd = (): void => {
    finish(() => resolve(Buffer.concat(chunks)))
  }

  const onClose = (): void => {
    reject(gone())
  }

  // Events rather than `for await`, which destroys the socket when left early: the refusal could not be sent.
  request.on('data', onData).once('end', onEnd).once('error', reject).once('close', onClose)

  const finish = (settle: () => void): void => {
    request.off('data', onData).off('end', onEnd)
    request.pause()
    held.release()
    settle()
  }

  return promise
}

const gone = (): Error => new Error('The caller went away before the end of the body')

const tooLarge = (limit: number): Refusal =>
  new Refusal(413, 'BAD_USER_INPUT', `The body is larger than ${limit.toLocaleString('en')} bytes.`)

/** JSON is UTF-8 between systems (RFC 8259, section 8.1); anything else would be stored mutilated. */
const textOf = (body: Buffer): string => {
  if (!isUtf8(body)) throw new Refusal(400, 'BAD_USER_INPUT', 'The body is not UTF-8.')
  return body.toString('utf8')
}

const paramsOfQueryString = (query: URLSearchParams): GraphQLParams =>
  checkedParams({
    query: query.get('query') || undefined,
    operationName: query.get('operationName') || undefined,
    variables: jsonParameter(query, 'variables'),
    extensions: jsonParameter(query, 'extensions'),
  })

const jsonParameter = (query: URLSearchParams, name: string): unknown => {
  const text = query.get(name)
  return text ? parseJson(text, `The parameter "${name}"`) : undefined
}

const parseJson = (text: string, what: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    throw new Refusal(400, 'BAD_USER_INPUT', `${what} is not JSON.`)
  }
}

const checkedParams = (params: unknown): GraphQLParams => {
  if (Array.isArray(params)) throw invalid('Send one GraphQL request at a time: batches are not supported.')
  if (!isObject(params))
    throw invalid('Send an object with "query", and "variables" and "operationName" if needed.')
  const { query, operationName, variables, extensions } = params
  return {
    query: optional('query', query, isString, 'a string'),
    operationName: optional('operationName', operationName, isString, 'a string'),
    variables: optional('variables', variables, isObject, 'an object'),
    extensions: optional('extensions', extensions, isObject, 'an object'),
  }
}

const optional = <T>(
  name: string,
  value: unknown,
  is: (value: unknown) => value is T,
  what: string,
): T | undefined => {
  if (value === undefined || value === null) return undefined
  if (!is(value)) throw invalid(`The parameter "${name}" must be ${what}.`)
  return value
}

const isString = (value: unknown): value is string => typeof value === 'string'

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const invalid = (message: string): Refusal => new Refusal(400, 'BAD_USER_INPUT', message)
