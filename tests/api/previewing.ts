import {
  CreatePreviewTokenDocument,
  type PostBy,
  PreviewPostDocument,
  type PreviewPostQuery,
} from '../../schema/generated/graphql.ts'
import type { Client } from '../support/client.ts'

/** Makes a token for a post and expects no problem. */
export const makeToken = async (
  client: Client,
  postId: string,
  expiresAt?: string,
): Promise<{ id: string; token: string; expiresAt: string }> => {
  const { createPreviewToken: made } = await client.run(CreatePreviewTokenDocument, {
    input: { postId, expiresAt },
  })
  if (made.__typename !== 'CreatePreviewTokenPayload') throw new Error(`No token: ${JSON.stringify(made)}`)
  const { id, expiresAt: end } = made.previewToken
  return { id, token: made.token, expiresAt: end }
}

/** A post as somebody with a token sees it. */
export const preview = async (
  client: Client,
  by: PostBy,
  previewToken?: string,
): Promise<PreviewPostQuery['post']> => (await client.run(PreviewPostDocument, { by, previewToken })).post

/** The bytes of an answer: two that are the same tell nothing apart. */
export const answerBytes = async (url: string, query: string, variables: object): Promise<string> => {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  })
  return `${response.status} ${await response.text()}`
}
