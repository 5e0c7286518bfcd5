import { termEvent } from '../../shared/graphql/event.ts'
import { Tag } from './tag.ts'

termEvent('tag', Tag, 'a tag', {
  id: 'Which one it is; it may have been deleted since.',
  after: 'How it is after the event; null once it is deleted.',
  merged: 'The tags that went into this one and are gone; empty unless they were merged.',
  before:
    'The tag before the event; null when there was none, or none that this caller may see. The posts under it are those of now.',
})
