import type { Command } from 'commander'
import { Option } from 'commander'
import { OperatorError } from '../errors.ts'

/** A server that runs somewhere, as a command speaks to it. */
export type Remote = { url: string; key: string }

/** Adds `--url` and `--key` to a command that asks a running server. */
export const askingAServer = (command: Command): Command =>
  command
    .option('--url <url>', 'the running server', 'http://localhost:4000')
    .addOption(
      new Option('--key <key>', 'an API key with webhooks:manage').env('PRESSWIRE_KEY').makeOptionMandatory(),
    )

/** Where a server's API is. */
export const endpointOf = ({ url }: Remote): string => new URL('/graphql', url).href

/** The header that proves who asks. */
export const authorizationOf = ({ key }: Remote) => ({ authorization: `Bearer ${key}` })

/**
 * Asks a running server and returns its data.
 *
 * @throws OperatorError when it does not answer, or answers with errors.
 */
export const ask = async <Data>(remote: Remote, query: string, variables: object): Promise<Data> => {
  const response = await fetch(endpointOf(remote), {
    method: 'POST',
    headers: {
      ...authorizationOf(remote),
      'content-type': 'application/json',
      accept: 'application/graphql-response+json',
    },
    body: JSON.stringify({ query, variables }),
  }).catch((error: Error) => {
    throw new OperatorError(
      `${remote.url} does not answer (${causeOf(error)}). Start the server, or correct --url.`,
      1,
      { cause: error },
    )
  })
  const { data, errors } = await answerOf<Data>(response)
  if (errors?.length || !data) {
    throw new OperatorError(`${remote.url} refuses: ${errors?.map(({ message }) => message).join(' ')}`)
  }
  return data
}

/** Why a request came to nothing: fetch itself says only that it failed. */
export const causeOf = (error: Error): string => (error.cause as Error | undefined)?.message ?? error.message

type Answer<Data> = { data?: Data | null; errors?: { message: string }[] }

const answerOf = async <Data>(response: Response): Promise<Answer<Data>> => {
  const text = await response.text()
  try {
    return JSON.parse(text) as Answer<Data>
  } catch {
    throw new OperatorError(
      `${response.url} answered ${response.status} and no JSON: it is not Presswire. Correct --url.`,
    )
  }
}
