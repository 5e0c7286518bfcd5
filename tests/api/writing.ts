import {
  CreatePostDocument,
  type CreatePostInput,
  type CreatePostMutation,
  PublishPostDocument,
  type PublishPostMutation,
  UpdatePostDocument,
  type UpdatePostInput,
  type UpdatePostMutation,
} from '../../schema/generated/graphql.ts'
import type { Client } from '../support/client.ts'

type PayloadOf<Result> = Extract<Result, { post: unknown }>

/** The payload of a mutation's result; throws when it is a problem. */
const payloadOf = <Result extends { __typename: string }>(result: Result): PayloadOf<Result> => {
  if ('post' in result) return result as unknown as PayloadOf<Result>
  throw new Error(`Expected a payload: ${JSON.stringify(result)}`)
}

/** Creates a draft and expects no problem. */
export const create = async (
  client: Client,
  input: CreatePostInput,
): Promise<PayloadOf<CreatePostMutation['createPost']>> =>
  payloadOf((await client.run(CreatePostDocument, { input })).createPost)

/** Saves a post and expects no problem. */
export const update = async (
  client: Client,
  input: UpdatePostInput,
): Promise<PayloadOf<UpdatePostMutation['updatePost']>> =>
  payloadOf((await client.run(UpdatePostDocument, { input })).updatePost)

/** Publishes a post and expects no problem. */
export const publish = async (
  client: Client,
  id: string,
): Promise<PayloadOf<PublishPostMutation['publishPost']>> =>
  payloadOf((await client.run(PublishPostDocument, { input: { id } })).publishPost)

/** Creates a post and publishes it; returns its id. */
export const createAndPublish = async (client: Client, input: CreatePostInput): Promise<string> => {
  const { post } = await create(client, input)
  return (await publish(client, post.id)).post.id
}
