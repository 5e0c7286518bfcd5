import { builder } from '../../../graphql/schema/builder.ts'
import { Node } from '../../../graphql/schema/node.ts'
import { termFilterFields, termOrderInput } from './list.ts'

/** What categories and tags have in common. */
export const Term = builder.interfaceRef<{ id: string }>('Term').implement({
  description: 'What posts are filed under: a category or a tag.',
  interfaces: [Node],
  fields: (t) => ({
    slug: t.string({ description: 'The name in a URL; unique among terms of its kind.', resolve: onTheType }),
    name: t.string({ description: 'The name as it is shown. Plain text.', resolve: onTheType }),
    description: t.string({
      nullable: true,
      description: 'What it is about, as plain text; null when nothing was written.',
      resolve: onTheType,
    }),
    path: t.string({ description: 'The path of its page on the site.', resolve: onTheType }),
    url: t.field({ type: 'URL', description: 'The absolute URL of its page.', resolve: onTheType }),
    version: t.int({ description: 'Rises by one with every change.', resolve: onTheType }),
    updatedAt: t.field({ type: 'DateTime', description: 'When it was last changed.', resolve: onTheType }),
  }),
})

export const TermBy = builder.inputType('TermBy', {
  isOneOf: true,
  description: 'How to look up a category or a tag: by exactly one of these.',
  fields: (t) => ({
    id: t.id({ description: 'The global id.' }),
    slug: t.string({ description: 'The name in the URL of its page.' }),
  }),
})

export const TermFilter = builder.inputType('TermFilter', {
  description: 'Which categories or tags a list holds: those of which everything that is given here is true.',
  fields: (t) => ({
    ...termFilterFields(t, 'terms'),
    parentId: t.id({
      description:
        'Only the categories right below this one; null: only those at the root; absent: all. A tag has no parent.',
    }),
  }),
})

export const TermOrder = termOrderInput('Term')

/** Interfaces declare; the types that implement them resolve. */
const onTheType = (): never => {
  throw new Error('Term has no fields of its own: Category and Tag resolve them.')
}
