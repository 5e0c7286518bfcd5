import type { InputShapeFromFields, InterfaceParam, ObjectParam, OutputShape } from '@pothos/core'
import type { Connection } from '../../db/page.ts'
import { builder, type SchemaTypes } from './builder.ts'

export const PageInfo = builder.objectRef<Connection<{ id: string }>['pageInfo']>('PageInfo').implement({
  description: 'Where a page begins and ends, as the Relay Cursor Connections Specification says.',
  fields: (t) => ({
    hasNextPage: t.exposeBoolean('hasNextPage', { description: 'Whether there are items after this page.' }),
    hasPreviousPage: t.exposeBoolean('hasPreviousPage', {
      description: 'Whether there are items before this page.',
    }),
    startCursor: t.exposeString('startCursor', {
      nullable: true,
      description: 'The cursor of the first item, for `before`; null on an empty page.',
    }),
    endCursor: t.exposeString('endCursor', {
      nullable: true,
      description:
        'For `after`: the cursor of the last item, null on an empty page; of `changes` how far the log was read.',
    }),
  }),
})

/** Where the nodes stand below a connection field: for reading which of their columns are asked for. */
export const nodePaths = [['nodes'], ['edges', 'node']]

/** The one connection type of a node type, with its edge. */
export const connectionType = <Ref extends ObjectParam<SchemaTypes> | InterfaceParam<SchemaTypes>>(
  name: string,
  plural: string,
  node: Ref,
) => {
  type Shape = Extract<OutputShape<SchemaTypes, Ref>, { id: string }>
  const Edge = builder.objectRef<{ cursor: string; node: Shape }>(`${name}Edge`).implement({
    description: `One of the ${plural} of a page, with the cursor that pages on from it.`,
    fields: (t) => ({
      cursor: t.exposeString('cursor', { description: 'Opaque. Pass it as `after` or `before`.' }),
      node: t.field({ type: node, description: 'The item itself.', resolve: (edge) => edge.node as never }),
    }),
  })
  return builder.objectRef<Connection<Shape>>(`${name}Connection`).implement({
    description: `A page of ${plural}.`,
    fields: (t) => ({
      edges: t.field({
        type: [Edge],
        description: 'The items of the page with their cursors.',
        resolve: (page) => page.edges,
      }),
      nodes: t.field({
        type: [node],
        description: 'The items of the page without their cursors.',
        resolve: (page) => page.edges.map((edge) => edge.node) as never,
      }),
      pageInfo: t.field({
        type: PageInfo,
        description: 'Where the page begins and ends.',
        resolve: (page) => page.pageInfo,
      }),
      totalCount: t.int({
        description: 'How many there are on all pages, exactly; counted only when it is asked for.',
        resolve: (page) => page.totalCount(),
      }),
    }),
  })
}

export type ArgBuilder = Parameters<
  Extract<Parameters<typeof builder.queryField>[1], (t: never) => unknown>
>[0]['arg']

/** `first`, `after`, `last`, `before`. */
export const connectionArgs = (arg: ArgBuilder) => ({
  first: arg.int({
    description: 'How many from the front: 0 to 100; 20 when neither `first` nor `last` is given.',
  }),
  after: arg.string({ description: 'A cursor: only what comes after it.' }),
  last: arg.int({ description: 'How many from the back: 0 to 100. Not together with `first`.' }),
  before: arg.string({ description: 'A cursor: only what comes before it.' }),
})

export type ConnectionArgs = InputShapeFromFields<ReturnType<typeof connectionArgs>>
