import { termMutations } from '../../shared/graphql/mutations.ts'
import { Category } from './category.ts'

termMutations('category', Category, {
  a: 'a category',
  who: 'that',
  as: 'it is',
  name: {
    ofNew: 'Plain text of at most 200 characters.',
    ofChanged: 'Plain text of at most 200 characters. It cannot be cleared.',
  },
  fields: (t) => ({
    description: t.string({ description: 'What it is about, as plain text of at most 5,000 characters.' }),
    parentId: t.id({
      description: 'The category above it, by its global id. Null: none, it is a root.',
    }),
  }),
  create: {
    does: 'Creates a category; two may have one name. Needs content:write.',
    input: 'What to create.',
  },
  update: {
    does: 'Changes or moves a category at once; what is below moves along, and old paths lead to the new ones. Needs content:write.',
    input: 'Which one, and what changes.',
  },
  delete: {
    does: 'Deletes a category that has none below it for good; its path answers Gone. Needs content:write.',
    input: 'Which category.',
  },
  merge: {
    does: 'Files the posts of some categories under another one, moves what is below them there and deletes them; their paths lead to it. Needs content:write.',
    input: 'Which categories, and into which one.',
  },
})
