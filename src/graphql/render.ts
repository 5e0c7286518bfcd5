import {
  type DocumentNode,
  execute,
  type GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  OperationTypeNode,
  validate,
} from 'graphql'
import { viewerWith } from '../auth/viewer.ts'
import type { Event } from '../db/generated/client.ts'
import type { Listener, OutboxPorts, Rendering } from '../events/outbox.ts'
import type { Site } from '../site.ts'
import type { Context } from './context.ts'
import { checkDocument, parseDocument } from './limits.ts'

// Endpoints have few distinct documents; a parsed one is some tens of kilobytes.
const maxParsed = 200

/** Renders a subscription document for one event, with what the event's own transaction sees. */
export const createRenderer = (schema: GraphQLSchema, site: Site): OutboxPorts['render'] => {
  const parsed = new Map<string, DocumentNode>()
  const parse = ({ renderingKey, document }: Listener) => {
    const known = parsed.get(renderingKey) ?? parseDocument(document)
    if (parsed.size >= maxParsed) parsed.clear()
    parsed.set(renderingKey, known)
    return known
  }
  return async (tx, event, listener, signal) => {
    const contextValue: Context = {
      db: tx,
      viewer: viewerWith(listener.scopes),
      site,
      now: () => event.occurredAt,
      write: () => Promise.reject(new Error('A document that renders an event cannot write.')),
      requestId: event.id,
      follow: () => {
        throw new Error('A document that renders an event cannot subscribe.')
      },
      endpointRules: null,
    }
    const result = await execute({
      schema,
      document: parse(listener),
      rootValue: { events: event },
      contextValue,
      variableValues: listener.variables ?? {},
      abortSignal: signal,
    })
    return renderingOf(event, result)
  }
}

const renderingOf = (
  event: Event,
  { data, errors }: { data?: unknown; errors?: readonly GraphQLError[] },
): Rendering => {
  const value = (data as { events?: unknown } | null | undefined)?.events
  if (value == null) {
    const reason = errors?.[0]?.message ?? 'it gave nothing'
    return {
      data: null,
      errors: null,
      failure: `The document cannot be rendered for ${event.type}: ${reason}`,
    }
  }
  const shown = errors?.map(({ message, path }) => ({ message, path: path ? [...path] : null })) ?? null
  return { data: JSON.stringify(value), errors: shown, failure: null }
}

/**
 * Every reason why a document cannot be an endpoint's: it has to be one subscription whose single root field is `events`,
 * within the limits that hold for any request.
 */
export const documentProblems = (
  schema: GraphQLSchema,
  source: string,
  variables: Record<string, unknown> | null,
): string[] => {
  try {
    const document = parseDocument(source)
    const operations = document.definitions.filter((definition) => definition.kind === 'OperationDefinition')
    if (operations.length !== 1) return ['The document must hold exactly one operation.']
    if (getOperationAST(document)?.operation !== OperationTypeNode.SUBSCRIPTION) {
      return ['The document must be a subscription: subscription { events { … } }.']
    }
    const errors = validate(schema, document)
    if (errors.length > 0) return errors.map((error) => error.message)
    checkDocument(document, schema, variables ?? {})
    return []
  } catch (error) {
    return [(error as Error).message]
  }
}
