import { termMutations } from '../../shared/graphql/mutations.ts'
import { Tag } from './tag.ts'

termMutations('tag', Tag, {
  a: 'a tag',
  who: 'that',
  as: 'it is',
  name: {
    ofNew: 'The canonical spelling: plain text of at most 200 characters.',
    ofChanged: 'The canonical spelling: plain text of at most 200 characters. It cannot be cleared.',
  },
  fields: (t) => ({
    description: t.string({ description: 'What it is about, as plain text of at most 5,000 characters.' }),
  }),
  create: {
    does: 'Creates a tag, unless there is one of that name in any case. Needs content:write.',
    input: 'What to create.',
  },
  update: {
    does: 'Changes a tag at once, its spelling included; an old path leads to the new one. Needs content:write.',
    input: 'Which one, and what changes.',
  },
  delete: {
    does: 'Deletes a tag for good; its path answers Gone. Needs content:write.',
    input: 'Which tag.',
  },
  merge: {
    does: 'Files the posts of some tags under another one and deletes those; their paths lead to it. Needs content:write.',
    input: 'Which tags, and into which one.',
  },
})
