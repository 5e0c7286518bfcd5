import SchemaBuilder from '@pothos/core'
import DataloaderPlugin from '@pothos/plugin-dataloader'
import ScopeAuthPlugin from '@pothos/plugin-scope-auth'
import type { Db } from '../../db/client.ts'
import type { ApiKeyScope } from '../../db/generated/client.ts'
import { hasScope } from '../../keys/viewer.ts'
import type { OffsetDateTime } from '../../lib/offset-date-time.ts'
import type PrismaTypes from '../generated/pothos.ts'
import { getDatamodel } from '../generated/pothos.ts'
import type { Context } from './context.ts'
import { forbidden } from './errors.ts'
import PrismaPlugin from './loaded-rows.ts'

type PresswireTypes = {
  Context: Context
  PrismaTypes: PrismaTypes
  DefaultFieldNullability: false
  AuthScopes: { scope: ApiKeyScope }
  Scalars: {
    DateTime: { Input: OffsetDateTime; Output: OffsetDateTime | Date }
    HTML: { Input: string; Output: string }
    URL: { Input: string; Output: string }
    JSON: { Input: unknown; Output: unknown }
    ID: { Input: string; Output: string }
  }
  // Named, for those who keep a filter and may not know what is in it.
  Inputs: { PostFilter: object }
}

/** The builder holds the plugins alone; every type stands in the `graphql/` folder of its domain. */
export const builder = new SchemaBuilder<PresswireTypes>({
  plugins: [ScopeAuthPlugin, DataloaderPlugin, PrismaPlugin],
  defaultFieldNullability: false,
  scopeAuth: {
    authScopes: (context) => ({ scope: (scope) => hasScope(context.viewer, scope) }),
    unauthorizedError: (_parent, _context, info) => forbidden(`${info.parentType.name}.${info.fieldName}`),
  },
  prisma: {
    client: (context) => context.db as Db,
    dmmf: getDatamodel(),
    // A query that is not spread loads nothing of what was asked for: a programming error everywhere.
    onUnusedQuery: 'error',
  },
})

export type SchemaTypes = typeof builder extends PothosSchemaTypes.SchemaBuilder<infer Types> ? Types : never

builder.queryType({
  description: 'What can be read. Without a key: what is published, and nothing else by any path.',
})
builder.mutationType({
  description:
    'What can be changed. Each mutation needs an API key with the scope that its description names.',
})
builder.subscriptionType({
  description: 'What can be followed live, and what a webhook endpoint can be sent.',
})
