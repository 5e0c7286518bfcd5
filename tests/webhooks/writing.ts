import {
  CreatePostDocument,
  type CreatePostInput,
  PublishPostDocument,
  type PublishPostMutation,
  UnpublishPostDocument,
  UpdatePostDocument,
  type UpdatePostInput,
} from '../../schema/generated/graphql.ts'
import type { Client } from '../support/client.ts'

type Published = Extract<PublishPostMutation['publishPost'], { __typename: 'PublishPostPayload' }>
export type PublishedPost = Published['post']
export type PublishedEvent = NonNullable<Published['event']>

/** Saves a new draft, as an editor does, and returns its id. */
export const saveNew = async (
  client: Client,
  title: string,
  input: Partial<CreatePostInput> = {},
): Promise<string> => {
  const { createPost } = await client.run(CreatePostDocument, {
    input: { title, source: `About ${title}.`, ...input },
  })
  if (createPost.__typename === 'CreatePostPayload') return createPost.post.id
  throw new Error(`Not created: ${JSON.stringify(createPost)}`)
}

/** Saves changes of a post: over a published one they wait until it is published again. */
export const save = async (client: Client, input: UpdatePostInput): Promise<void> => {
  const { updatePost } = await client.run(UpdatePostDocument, { input })
  if (updatePost.__typename !== 'UpdatePostPayload')
    throw new Error(`Not saved: ${JSON.stringify(updatePost)}`)
}

/** Publishes a draft, or what waits over a published post. */
export const publish = async (
  client: Client,
  id: string,
): Promise<{ post: PublishedPost; event: PublishedEvent }> => {
  const { publishPost } = await client.run(PublishPostDocument, { input: { id } })
  if (publishPost.__typename === 'PublishPostPayload' && publishPost.event)
    return { post: publishPost.post, event: publishPost.event }
  throw new Error(`Not published: ${JSON.stringify(publishPost)}`)
}

/** Writes and publishes a post. */
export const publishNew = async (client: Client, title: string, input: Partial<CreatePostInput> = {}) =>
  publish(client, await saveNew(client, title, input))

export const unpublish = async (client: Client, id: string): Promise<void> => {
  const { unpublishPost } = await client.run(UnpublishPostDocument, { input: { id } })
  if (unpublishPost.__typename !== 'UnpublishPostPayload')
    throw new Error(`Not unpublished: ${JSON.stringify(unpublishPost)}`)
}
