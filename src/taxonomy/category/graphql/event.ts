import { termEvent } from '../../shared/graphql/event.ts'
import { Category } from './category.ts'

termEvent('category', Category, 'a category', {
  id: 'Which one it is; it may have been deleted since.',
  after: 'How it is after the event; null once it is deleted.',
  merged: 'The categories that went into this one and are gone; empty unless they were merged.',
  before:
    'The category before the event; null when there was none, or none that this caller may see. What is around it, its posts among it, is what is there now.',
})
