import { builder } from '../../../graphql/schema/builder.ts'
import { Node } from '../../../graphql/schema/node.ts'
import { termFilterFields, termOrderInput } from '../../shared/graphql/list.ts'
import { termFields, termQueries } from '../../shared/graphql/term-object.ts'

export const Author = builder.prismaObject('Author', {
  description: 'Someone who writes posts.',
  interfaces: [Node],
  select: { id: true },
  fields: (t) => ({
    ...termFields(t, 'author', 'their'),
    name: t.exposeString('name', { description: 'The name as it is shown. Plain text.' }),
    bio: t.exposeString('bio', {
      nullable: true,
      description: 'Who they are, as plain text; null when nothing was written.',
    }),
    websiteUrl: t.expose('websiteUrl', {
      type: 'URL',
      nullable: true,
      description: 'Their own site; null when unknown.',
    }),
    avatarUrl: t.expose('avatarUrl', {
      type: 'URL',
      nullable: true,
      description: 'A picture of them; null when there is none.',
    }),
  }),
})

termQueries('author', Author, {
  one: 'One author; null when there is none, and without content:read when they were never public: only drafts named them.',
  all: 'All authors by name; without content:read those that are public: made on purpose, or named by a published post at some time.',
  by: builder.inputType('AuthorBy', {
    isOneOf: true,
    description: 'How to look up an author: by exactly one of these.',
    fields: (t) => ({
      id: t.id({ description: 'The global id.' }),
      slug: t.string({ description: 'The name in the URL of their page.' }),
    }),
  }),
  filter: builder.inputType('AuthorFilter', {
    description: 'Which authors a list holds: those of whom everything that is given here is true.',
    fields: (t) => termFilterFields(t, 'authors'),
  }),
  order: termOrderInput('Author'),
})
