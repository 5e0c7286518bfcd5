export type Answered = {
  status: number
  contentType: string | null
  text: string
  replayed: string | null
  retryAfter: string | null
}

/** Sends a request, or a body as it is, with an Idempotency-Key, and gives its answer byte for byte. */
export const postUnderKey = async (
  url: string,
  { key, idempotencyKey }: { key: string | null; idempotencyKey: string },
  request: { query: string; variables?: object } | string,
  more: Record<string, string> = {},
): Promise<Answered> => {
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    accept: 'application/graphql-response+json',
    'idempotency-key': idempotencyKey,
    ...more,
  }
  if (key) headers.authorization = `Bearer ${key}`
  const body = typeof request === 'string' ? request : JSON.stringify(request)
  const response = await fetch(`${url}/graphql`, { method: 'POST', headers, body })
  return {
    status: response.status,
    contentType: response.headers.get('content-type'),
    text: await response.text(),
    replayed: response.headers.get('idempotent-replayed'),
    retryAfter: response.headers.get('retry-after'),
  }
}

/** The code of the first error. */
export const codeOf = ({ text }: Answered): string | undefined =>
  (JSON.parse(text) as { errors?: { extensions: { code: string } }[] }).errors?.[0]?.extensions.code

/** Of requests that were sent at once: those that got an answer, and those that were told to ask again. */
export const answersOf = (all: Answered[]) => ({
  answered: all.filter(({ status }) => status === 200),
  waiting: all.filter(({ status }) => status === 409),
})
