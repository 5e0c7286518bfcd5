import { termMutations } from '../../shared/graphql/mutations.ts'
import { Author } from './author.ts'

termMutations('author', Author, {
  a: 'an author',
  who: 'who',
  as: 'they are',
  name: {
    ofNew: 'Plain text of at most 200 characters.',
    ofChanged: 'Plain text of at most 200 characters; it cannot be cleared.',
  },
  fields: (t) => ({
    bio: t.string({ description: 'Who they are, as plain text of at most 5,000 characters.' }),
    websiteUrl: t.string({ description: 'Their own site: an http or https URL.' }),
    avatarUrl: t.string({ description: 'A picture of them: an http or https URL.' }),
  }),
  create: {
    does: 'Creates an author; two may have one name. Needs content:write.',
    input: 'Who they are.',
  },
  update: {
    does: 'Changes an author at once; an old path leads to the new one. Needs content:write.',
    input: 'Who, and what changes.',
  },
  delete: {
    does: 'Deletes an author for good; their path answers Gone. Needs content:write.',
    input: 'Which author.',
  },
  merge: undefined,
})
