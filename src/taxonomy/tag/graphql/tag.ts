import { builder } from '../../../graphql/schema/builder.ts'
import { Node } from '../../../graphql/schema/node.ts'
import { Term, TermBy, TermFilter, TermOrder } from '../../shared/graphql/term.ts'
import { termFields, termQueries } from '../../shared/graphql/term-object.ts'

export const Tag = builder.prismaObject('Tag', {
  description: 'A word that posts are filed under. One spelling is canonical: `KDE` and `kde` are one tag.',
  interfaces: [Node, Term],
  select: { id: true },
  fields: (t) => ({
    ...termFields(t, 'tag', 'its'),
    name: t.exposeString('name', { description: 'The canonical spelling. Plain text.' }),
    description: t.exposeString('description', {
      nullable: true,
      description: 'What it is about, as plain text; null when nothing was written.',
    }),
  }),
})

termQueries('tag', Tag, {
  one: 'One tag; null when there is none, and without content:read when it was never public: only drafts bore it.',
  all: 'All tags by name; without content:read those that are public: made on purpose, or borne by a published post at some time.',
  by: TermBy,
  filter: TermFilter,
  order: TermOrder,
})
