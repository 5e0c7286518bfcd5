import type { IdPrefix } from '../lib/id.ts'
import { kindNames, kinds } from '../taxonomy/kinds.ts'
import { apiVersion, type EventType, eventCatalog, eventTypes, type SubjectType } from './catalog.ts'

/**
 * A JSON Schema (2020-12) of every body that is sent to an endpoint: each type of event under `$defs` by its name on the
 * wire, and `events.batch`. Unknown properties are allowed, since additive changes keep the envelope's version.
 */
export const eventJsonSchema = () => ({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: `urn:presswire:events:${apiVersion}`,
  title: 'The body of a webhook',
  description: `What an endpoint of the version ${apiVersion} is sent, told apart by "type".`,
  oneOf: [...eventTypes, batchType].map((name) => ({ $ref: `#/$defs/${name}` })),
  $defs: {
    ...Object.fromEntries(eventTypes.map((type) => [type, eventOf(type)])),
    [batchType]: batch,
    envelope,
    subject,
    sequence,
  },
})

/** The file `schema/events.json`. */
export const printedEventJsonSchema = (): string => `${JSON.stringify(eventJsonSchema(), null, 2)}\n`

const batchType = 'events.batch'

/** What the id of a subject begins with. */
const prefixes = {
  Post: 'post',
  // An import is nothing that could be looked up: its id is its event's own kind.
  Import: 'event',
  Endpoint: 'endpoint',
  ...Object.fromEntries(kindNames.map((kind) => [kinds[kind].type, kind])),
} as Record<SubjectType, IdPrefix>

// A TypeID: the first character of a UUID's base32 has three bits of its own.
const idOf = (prefix: IdPrefix) => ({
  type: 'string',
  pattern: `^${prefix}_[0-7][0-9abcdefghjkmnpqrstvwxyz]{25}$`,
})

const eventOf = (type: EventType) => {
  const { description, subject } = eventCatalog[type]
  return {
    description,
    $ref: '#/$defs/envelope',
    properties: {
      type: { const: type },
      subject: { properties: { type: { const: subject }, id: idOf(prefixes[subject]) } },
    },
  }
}

const strings = (description: string) => ({
  description,
  type: 'array',
  items: { type: 'string' },
  uniqueItems: true,
})

const sequence = {
  description: 'A decimal number that rises in commit order, too large for a double.',
  type: 'string',
  pattern: '^[1-9][0-9]*$',
}

const subject = {
  description: 'What it happened to.',
  type: 'object',
  properties: {
    type: { description: 'The name of its GraphQL type.', type: 'string' },
    id: { description: 'Its global id.', type: 'string' },
    version: {
      description: 'Rises with every change of it, its deletion included: drop what is older than you have.',
      type: 'integer',
      minimum: 1,
    },
  },
  required: ['type', 'id', 'version'],
}

const common = {
  timestamp: { description: 'When it happened, in UTC.', type: 'string', format: 'date-time' },
  sequence: { $ref: '#/$defs/sequence' },
  apiVersion: { description: 'The version of the envelope.', const: apiVersion },
  invalidates: strings('The cache tags of every answer that is stale.'),
  paths: strings('The paths of every page of the site that is stale.'),
}

const rendering = {
  errors: {
    description: 'What failed in the document while the rest is in `data`, as GraphQL reports it.',
    type: 'array',
    items: {
      type: 'object',
      properties: { message: { type: 'string' }, path: { type: 'array' } },
      required: ['message'],
    },
    minItems: 1,
  },
  rendered: {
    description: '"replay" when `data` is of the time of sending, since nothing was rendered at the event.',
    const: 'replay',
  },
}

const envelope = {
  description: 'What every body of one event has.',
  type: 'object',
  properties: {
    id: { description: 'The event.', ...idOf('event') },
    type: { description: 'What happened.', type: 'string' },
    ...common,
    subject: { $ref: '#/$defs/subject' },
    changedFields: strings('The names of the fields that changed.'),
    previous: {
      description:
        'The values that changed fields had before, by their names; null when nothing public had a value.',
      type: ['object', 'null'],
    },
    data: {
      description: "What the endpoint's document selects from `events`; null when that failed as a whole.",
      type: ['object', 'null'],
    },
    ...rendering,
  },
  required: [
    'id',
    'type',
    'timestamp',
    'sequence',
    'apiVersion',
    'subject',
    'changedFields',
    'previous',
    'invalidates',
    'paths',
    'data',
  ],
}

const batch = {
  description: 'The events of a batch window in one delivery: the last state of each subject.',
  type: 'object',
  properties: {
    id: { description: 'The delivery.', type: 'string' },
    type: { const: batchType },
    ...common,
    firstSequence: { description: 'Of the first event of the window.', $ref: '#/$defs/sequence' },
    sequence: { description: 'Of the last event of the window.', $ref: '#/$defs/sequence' },
    subjects: {
      description: 'What something happened to, each once, with its last version.',
      type: 'array',
      items: {
        $ref: '#/$defs/subject',
        properties: { change: { description: 'The type of its last event in the window.', type: 'string' } },
        required: ['change'],
      },
      minItems: 1,
    },
    data: {
      description:
        'Of each subject, in the same order, as in a body of one event; null where it could not be rendered.',
      type: 'array',
    },
    ...rendering,
  },
  required: [
    'id',
    'type',
    'timestamp',
    'firstSequence',
    'sequence',
    'apiVersion',
    'subjects',
    'invalidates',
    'paths',
    'data',
  ],
}
