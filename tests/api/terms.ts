import {
  CreateAuthorDocument,
  type CreateAuthorInput,
  CreateCategoryDocument,
  type CreateCategoryInput,
  CreateTagDocument,
  type CreateTagInput,
} from '../../schema/generated/graphql.ts'
import type { TestApp } from '../support/app.ts'
import type { Client } from '../support/client.ts'

/** The payload of a result; throws when it is a problem. */
export const expectPayload = <Result extends { __typename: string }>(
  result: Result,
): Extract<Result, { event: unknown }> => {
  if ('event' in result) return result as unknown as Extract<Result, { event: unknown }>
  throw new Error(`Expected a payload: ${JSON.stringify(result)}`)
}

export const makeAuthor = async (client: Client, input: CreateAuthorInput) =>
  expectPayload((await client.run(CreateAuthorDocument, { input })).createAuthor).author

export const makeCategory = async (client: Client, input: CreateCategoryInput) =>
  expectPayload((await client.run(CreateCategoryDocument, { input })).createCategory).category

export const makeTag = async (client: Client, input: CreateTagInput) =>
  expectPayload((await client.run(CreateTagDocument, { input })).createTag).tag

/** What a path leads to: the id of its redirect's target, "gone", or nothing. */
export const leadsTo = async ({ database }: TestApp, path: string): Promise<string | null> => {
  const redirect = await database.db.redirect.findUnique({ where: { path } })
  if (!redirect) return null
  const target = redirect.postId ?? redirect.categoryId ?? redirect.tagId ?? redirect.authorId
  if (redirect.status === 410 && target === null) return 'gone'
  if (redirect.status === 301 && target !== null) return target
  throw new Error(`Neither a redirect nor gone: ${JSON.stringify(redirect)}`)
}

/** The types of the events about something, in commit order. */
export const eventsAbout = async ({ database }: TestApp, subjectId: string): Promise<string[]> => {
  const events = await database.db.event.findMany({ where: { subjectId }, orderBy: { sequence: 'asc' } })
  return events.map(({ type }) => type)
}
