import { kindNames, kinds } from '../../taxonomy/kinds.ts'
import type { AnyTermFields } from '../../taxonomy/shared/graphql/term-object.ts'
import { type LinkedTerm, linkedTerms } from './linked-terms.ts'
import { termTypes } from './term-types.ts'

/**
 * The terms of a post or a revision, a field for each kind, and its main author.
 *
 * @param namedBy the id by which they are found, as `linkedTerms` takes it.
 */
export const linkedTermFields = <Row extends { id: string }>(
  fields: unknown,
  on: 'onPost' | 'onRevision',
  namedBy: (row: Row) => string,
) => {
  const t = fields as AnyTermFields
  const keyOf = (row: unknown) => namedBy(row as Row)
  const ofEachKind = kindNames.map((kind) => [
    kinds[kind].plural,
    t.loadableGroup({
      type: termTypes[kind].Term,
      byPath: true,
      description: termTypes[kind][on],
      resolve: keyOf,
      load: (ids: string[], context, _args, info) => linkedTerms(ids, kind, context, info),
      group: (term) => (term as LinkedTerm).linkedId,
    }),
  ])
  return {
    author: t.loadable({
      type: termTypes.author.Term,
      nullable: true,
      byPath: true,
      description: 'The main author: the first of `authors`; null when none is named.',
      resolve: keyOf,
      load: async (ids: string[], context, _args, info) => {
        const rows = await linkedTerms(ids, 'author', context, info)
        return ids.map((id) => rows.find((row) => row.linkedId === id) ?? null)
      },
    }),
    ...Object.fromEntries(ofEachKind),
  }
}
