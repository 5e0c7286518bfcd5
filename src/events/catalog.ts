/**
 * Every event there is: its name on the wire and what it tells. The contract for subscribers, as the SDL is the contract
 * for callers; the GraphQL enum, the check of an endpoint's types and the documentation are read from here.
 */
export const eventCatalog = {
  'post.created': { subject: 'Post', description: 'A post was created; it is not public yet.' },
  'post.draft_saved': {
    subject: 'Post',
    description:
      'An unpublished post, or pending edits over a published one, were saved. What is live did not change.',
  },
  'post.published': {
    subject: 'Post',
    description: 'A post became public, by a person or by a schedule that fired.',
  },
  'post.updated': { subject: 'Post', description: 'What is live of a published post changed.' },
  'post.unpublished': { subject: 'Post', description: 'A public post became a draft again.' },
  'import.completed': {
    subject: 'Import',
    description: 'An import brought in or changed posts. It makes this one event however many they are.',
  },
} as const satisfies Record<string, { subject: SubjectType; description: string }>

export type SubjectType = 'Post' | 'Author' | 'Category' | 'Tag' | 'Import' | 'Endpoint'
/** An event's name on the wire, such as `post.published`. */
export type EventType = keyof typeof eventCatalog

export const eventTypes = Object.keys(eventCatalog) as EventType[]

/** The name of a type in the GraphQL enum: `post.published` is POST_PUBLISHED. */
export const enumNameOf = (type: EventType): string => type.replace('.', '_').toUpperCase()

/** The version of the envelope; additive changes keep it, and an endpoint keeps the one it was made with. */
export const apiVersion = '2026-11-22'
