import type { Kind, KindWith, kinds } from '../taxonomy/kinds.ts'

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
    isPublic: true,
    description: 'A post became public, by a person or by a schedule that fired.',
  },
  'post.updated': {
    subject: 'Post',
    isPublic: true,
    description: 'What is live of a published post changed.',
  },
  'post.unpublished': { subject: 'Post', isPublic: true, description: 'A public post became a draft again.' },
  'post.scheduled': {
    subject: 'Post',
    description: 'When a post is published or taken back was set or changed.',
  },
  'post.unscheduled': {
    subject: 'Post',
    description:
      'A schedule ended before it published anything: by a person, by an edit of somebody who may not publish, or because it could not be carried out. A scheduled post is a draft again; pending edits over a published one wait.',
  },
  'post.trashed': {
    subject: 'Post',
    isPublic: true,
    description: 'A post was thrown away; it is public no longer.',
  },
  'post.restored': { subject: 'Post', description: 'A post was taken out of the trash, as a draft.' },
  'post.deleted': { subject: 'Post', isPublic: true, description: 'A post was deleted for good.' },
  'author.created': {
    subject: 'Author',
    isPublic: true,
    description: 'An author was created, with no posts so far.',
  },
  'author.updated': { subject: 'Author', isPublic: true, description: 'What is told of an author changed.' },
  'author.deleted': { subject: 'Author', isPublic: true, description: 'An author was deleted for good.' },
  'category.created': {
    subject: 'Category',
    isPublic: true,
    description: 'A category was created, with no posts so far.',
  },
  'category.updated': {
    subject: 'Category',
    isPublic: true,
    description: 'A category was changed or moved; everything below it moved along.',
  },
  'category.deleted': {
    subject: 'Category',
    isPublic: true,
    description: 'A category was deleted for good.',
  },
  'category.merged': {
    subject: 'Category',
    isPublic: true,
    description: 'Other categories went into this one, with their posts and what was below them.',
  },
  'tag.created': {
    subject: 'Tag',
    isPublic: true,
    description: 'A tag was created by itself, not with a post.',
  },
  'tag.updated': {
    subject: 'Tag',
    isPublic: true,
    description: 'A tag was changed, for instance its spelling.',
  },
  'tag.deleted': { subject: 'Tag', isPublic: true, description: 'A tag was deleted for good.' },
  'tag.merged': {
    subject: 'Tag',
    isPublic: true,
    description: 'Other tags went into this one, with their posts.',
  },
  'import.completed': {
    subject: 'Import',
    isPublic: true,
    description: 'An import brought in or changed posts. It makes this one event however many they are.',
  },
  'endpoint.disabled': {
    subject: 'Endpoint',
    description:
      'An endpoint was disabled: by a person, because it answered 410, or because it failed for five days.',
  },
  'webhook.test': {
    subject: 'Endpoint',
    description: 'Somebody tried an endpoint out. Told to that endpoint alone, whatever it listens to.',
  },
} as const satisfies Record<string, CatalogRow> & TermRows

/** What happens to terms of every kind, and to those that can be merged. */
type TermRows = {
  [K in Kind as `${K}.${'created' | 'updated' | 'deleted'}`]: CatalogRow & {
    subject: (typeof kinds)[K]['type']
  }
} & { [K in KindWith<'canMerge'> as `${K}.merged`]: CatalogRow }

type CatalogRow = {
  subject: SubjectType
  description: string
  /** Everybody may be told of it, where what it is about is or was public. Without it only who may read drafts, or endpoints. */
  isPublic?: true
}

export type SubjectType = 'Post' | (typeof kinds)[Kind]['type'] | 'Import' | 'Endpoint'
/** An event's name on the wire, such as `post.published`. */
export type EventType = keyof typeof eventCatalog

/** Whether everybody may be told of events of this type: not before its row says so. */
export const mayBePublic = (type: EventType): boolean => {
  const row: CatalogRow = eventCatalog[type]
  return row.isPublic === true
}

export const eventTypes = Object.keys(eventCatalog) as EventType[]

/** The name of a type in the GraphQL enum: `post.published` is POST_PUBLISHED. */
export const enumNameOf = (type: string): string => type.replace('.', '_').toUpperCase()

/** The version of the envelope; additive changes keep it, and an endpoint keeps the one it was made with. */
export const apiVersion = '2026-11-22'
