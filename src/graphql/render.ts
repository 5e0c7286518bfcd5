import {
  type DocumentNode,
  execute,
  type GraphQLError,
  type GraphQLSchema,
  getVariableValues,
  Kind,
  OperationTypeNode,
  validate,
} from 'graphql'
import { LRUCache } from 'lru-cache'
import type { Event } from '../db/generated/client.ts'
import type { OutboxPorts, Rendering, View } from '../events/outbox.ts'
import { viewerWith } from '../keys/viewer.ts'
import type { Site } from '../urls/site-paths.ts'
import type { DocumentProblem } from '../webhooks/endpoints/input.ts'
import { explainVariables, validationRules } from './limits/input-errors.ts'
import { checkDocument, parseDocument } from './limits/limits.ts'
import type { Context } from './schema/context.ts'
import { maskError } from './schema/errors.ts'

// Endpoints have few distinct documents; a parsed one is some tens of kilobytes.
const maxParsed = 200

/**
 * Renders a subscription document for one event, with what the event's own transaction sees. What goes wrong is told as
 * a caller would be told it: an error of ours is masked with the event's id, under which `onError` logs it.
 */
export const createRenderer = (
  schema: GraphQLSchema,
  site: Site,
  onError: (error: unknown, eventId: string) => void,
): OutboxPorts['render'] => {
  const parsed = new LRUCache<string, DocumentNode>({ max: maxParsed })
  // Kept documents are held to the limits of today, whatever they were when they were saved.
  const readWithin = ({ document, variables }: View) => {
    const read = parseDocument(document)
    checkDocument(read, schema, variables)
    return read
  }
  const parse = (view: View) => {
    const { renderingKey } = view
    const known = parsed.get(renderingKey) ?? readWithin(view)
    parsed.set(renderingKey, known)
    return known
  }
  return async (tx, event, view, signal) => {
    const mask = (error: unknown) =>
      maskError(error, event.id, (original) => {
        // Given up: the deadline is the reason, and nobody reads this one.
        if (!signal.aborted) onError(original, event.id)
      })
    const contextValue: Context = {
      db: tx,
      viewer: viewerWith(view.scopes),
      site,
      now: () => event.occurredAt,
      write: () => Promise.reject(new Error('A document that renders an event cannot write.')),
      requestId: event.id,
      // A rendered event is never an HTTP answer.
      keepFromCaches: () => undefined,
      follow: () => {
        throw new Error('A document that renders an event cannot subscribe.')
      },
      endpointRules: null,
    }
    try {
      const { data, errors = [] } = await execute({
        schema,
        document: parse(view),
        rootValue: { events: event },
        contextValue,
        variableValues: view.variables ?? {},
        abortSignal: signal,
      })
      return renderingOf(event, data, [...new Set(errors)].map(mask))
    } catch (error) {
      return renderingOf(event, null, [mask(error)])
    }
  }
}

const renderingOf = (event: Event, data: unknown, errors: GraphQLError[]): Rendering => {
  // The one root field, under whatever name the document gives it.
  const [value] = Object.values((data ?? {}) as Record<string, unknown>)
  if (value == null) {
    const reason = errors[0]?.message ?? 'it gave nothing'
    return {
      data: null,
      errors: null,
      failure: `The document cannot be rendered for ${event.type}: ${reason}`,
    }
  }
  const shown = errors.map(({ message, path }) => ({ message, path: path ? [...path] : null }))
  return { data: JSON.stringify(value), errors: shown.length > 0 ? shown : null, failure: null }
}

/**
 * Every reason why a document cannot be an endpoint's: it has to be one subscription whose single root field is `events`,
 * within the limits that hold for any request, and its variables have to have the values that it declares.
 */
export const documentProblems = (
  schema: GraphQLSchema,
  source: string,
  variables: Record<string, unknown> | null,
): DocumentProblem[] => {
  const wrong = (message: string): DocumentProblem => ({ field: 'document', message })
  try {
    const document = parseDocument(source)
    const [operation, ...more] = document.definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION)
    if (operation?.kind !== Kind.OPERATION_DEFINITION || more.length > 0)
      return [wrong('The document must hold exactly one operation.')]
    if (operation.operation !== OperationTypeNode.SUBSCRIPTION)
      return [wrong('The document must be a subscription: subscription { events { … } }.')]
    const errors = validate(schema, document, validationRules)
    if (errors.length > 0) return errors.map(({ message }) => wrong(message))
    checkDocument(document, schema, variables ?? {})
    const values = getVariableValues(schema, operation.variableDefinitions ?? [], variables ?? {})
    const problems = explainVariables(schema, values.errors ?? [], variables)
    return problems.map(({ message }) => ({ field: 'variables', message }))
  } catch (error) {
    return [wrong((error as Error).message)]
  }
}
