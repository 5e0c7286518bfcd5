import type { GraphQLResolveInfo } from 'graphql'
import { type IdPrefix, prefixOf } from '../../lib/id.ts'
import { builder } from './builder.ts'
import type { Context } from './context.ts'
import { requestError } from './errors.ts'

type NodeShape = { id: string }

/** The type of a row by the prefix of its id. */
export const typeNameOf = (row: NodeShape): string | undefined => {
  const name = types.get(prefixOf(row.id) ?? ('' as IdPrefix))?.typeName
  return typeof name === 'function' ? name(row) : name
}

/** What every type with an id implements; the id's prefix names the type. */
export const Node = builder.interfaceRef<NodeShape>('Node').implement({
  description: 'Anything with a global id. The id begins with its type, such as `post_`, and never changes.',
  resolveType: typeNameOf,
  fields: (t) => ({
    id: t.exposeID('id', {
      description: 'The global id: the same string in GraphQL, webhook bodies and cache tags.',
    }),
  }),
})

type Loader = (ids: string[], context: Context, info: GraphQLResolveInfo) => Promise<NodeShape[]>
type TypeName = string | ((row: NodeShape) => string)
const types = new Map<IdPrefix, { typeName: TypeName; load: Loader }>()

/** Lets `node` and `nodes` find a type: `load` answers the rows among `ids` that the viewer may see, in any order. */
export const registerNode = (prefix: IdPrefix, typeName: TypeName, load: Loader): void =>
  void types.set(prefix, { typeName, load })

// More than one page of anything; beyond it a client asks again.
const maxIds = 100

builder.queryFields((t) => ({
  node: t.field({
    description: 'Any object by its global id; null when it does not exist or is not for this caller.',
    type: Node,
    nullable: true,
    args: { id: t.arg.id({ required: true, description: 'A global id.' }) },
    resolve: async (_root, { id }, context, info) => (await loadNodes([id], context, info))[0] ?? null,
  }),
  nodes: t.field({
    description: `Objects by their global ids, in the order of the ids; null where one does not exist or is not for this caller. At most ${maxIds}.`,
    type: [Node],
    nullable: { list: false, items: true },
    args: { ids: t.arg.idList({ required: true, description: `Global ids, at most ${maxIds}.` }) },
    resolve: (_root, { ids }, context, info) => {
      if (ids.length > maxIds) {
        throw requestError(
          'PAGE_SIZE_EXCEEDED',
          `"ids" has ${ids.length} entries; at most ${maxIds} can be asked for at once.`,
        )
      }
      return loadNodes(ids, context, info)
    },
  }),
}))

/** The rows of the ids that the viewer may see, null for the others: one statement a type, however many there are. */
export const loadNodes = async (ids: string[], context: Context, info: GraphQLResolveInfo) => {
  const byPrefix = Map.groupBy(new Set(ids), (id) => prefixOf(id))
  const found = new Map<string, NodeShape>()
  for (const [prefix, some] of byPrefix) {
    const rows = prefix ? await types.get(prefix)?.load(some, context, info) : []
    for (const row of rows ?? []) found.set(row.id, row)
  }
  return ids.map((id) => found.get(id) ?? null)
}
