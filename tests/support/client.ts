import type { TypedDocumentString } from '../../schema/generated/graphql.ts'

type Problem = {
  message: string
  path?: (string | number)[]
  extensions?: { code?: string; requestId?: string }
}
export type Reply<Data> = { status: number; headers: Headers; data: Data | null; errors: Problem[] }

/** A client of the API as an app developer has one: typed documents over HTTP, with or without a key. */
export const createClient = (url: string, key: string | null) => {
  const headers = (more: Record<string, string> = {}) => ({
    'content-type': 'application/json',
    accept: 'application/graphql-response+json',
    ...(key ? { authorization: `Bearer ${key}` } : {}),
    ...more,
  })

  const post = async <Data>(body: unknown, more?: Record<string, string>): Promise<Reply<Data>> => {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: headers(more),
      body: JSON.stringify(body),
    })
    const { data = null, errors = [] } = (await response.json()) as { data?: Data; errors?: Problem[] }
    return { status: response.status, headers: response.headers, data, errors }
  }

  return {
    key,
    /** Sends a document as it is, right or wrong. */
    send: <Data = Record<string, unknown>>(
      query: string,
      variables?: object,
      more?: Record<string, string>,
    ) => post<Data>({ query, variables }, more),
    /** Runs one of schema/operations and expects no top-level error. */
    async run<Data, Variables>(
      document: TypedDocumentString<Data, Variables>,
      ...[variables]: Variables extends Record<string, never> ? [] : [Variables]
    ): Promise<Data> {
      const { data, errors } = await post<Data>({ query: String(document), variables })
      if (errors.length > 0 || data === null) throw new Error(`Unexpected errors: ${JSON.stringify(errors)}`)
      return data
    },
  }
}

export type Client = ReturnType<typeof createClient>
