import { termEvent } from '../../shared/graphql/event.ts'
import { Author } from './author.ts'

termEvent('author', Author, 'an author', {
  id: 'Who it is; they may have been deleted since.',
  after: 'The author after the event; null once they are deleted.',
  before:
    'The author before the event; null when there was none, or none that this caller may see. The posts under it are those of now.',
})
