// Printed by "npm run generate" from the catalog of events, as schema/events.json is.

/** Every type of event, and the type of the subject that it is about. */
export type WebhookSubjectTypes = {
  /** A post was created; it is not public yet. */
  'post.created': 'Post'
  /** An unpublished post, or pending edits over a published one, were saved. What is live did not change. */
  'post.draft_saved': 'Post'
  /** A post became public, by a person or by a schedule that fired. */
  'post.published': 'Post'
  /** What is live of a published post changed. */
  'post.updated': 'Post'
  /** A public post became a draft again. */
  'post.unpublished': 'Post'
  /** When a post is published or taken back was set or changed. */
  'post.scheduled': 'Post'
  /** A schedule ended before it published anything: by a person, by an edit of somebody who may not publish, or because it could not be carried out. A scheduled post is a draft again; pending edits over a published one wait. */
  'post.unscheduled': 'Post'
  /** A post was thrown away; it is public no longer. */
  'post.trashed': 'Post'
  /** A post was taken out of the trash, as a draft. */
  'post.restored': 'Post'
  /** A post was deleted for good. */
  'post.deleted': 'Post'
  /** An author was created, with no posts so far. */
  'author.created': 'Author'
  /** What is told of an author changed. */
  'author.updated': 'Author'
  /** An author was deleted for good. */
  'author.deleted': 'Author'
  /** A category was created, with no posts so far. */
  'category.created': 'Category'
  /** A category was changed or moved; everything below it moved along. */
  'category.updated': 'Category'
  /** A category was deleted for good. */
  'category.deleted': 'Category'
  /** Other categories went into this one, with their posts and what was below them. */
  'category.merged': 'Category'
  /** A tag was created by itself, not with a post. */
  'tag.created': 'Tag'
  /** A tag was changed, for instance its spelling. */
  'tag.updated': 'Tag'
  /** A tag was deleted for good. */
  'tag.deleted': 'Tag'
  /** Other tags went into this one, with their posts. */
  'tag.merged': 'Tag'
  /** An import brought in or changed posts. It makes this one event however many they are. */
  'import.completed': 'Import'
  /** An endpoint was disabled: by a person, because it answered 410, or because it failed for five days. */
  'endpoint.disabled': 'Endpoint'
  /** Somebody tried an endpoint out. Told to that endpoint alone, whatever it listens to. */
  'webhook.test': 'Endpoint'
}

/** What an event may be called. */
export type WebhookEventType = keyof WebhookSubjectTypes
