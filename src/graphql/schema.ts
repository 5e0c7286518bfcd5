import { lexicographicSortSchema, printSchema } from 'graphql'
import './scalars.ts'
import './site.graphql.ts'
import '../auth/viewer.graphql.ts'
import '../authors/author.graphql.ts'
import '../taxonomy/category.graphql.ts'
import '../taxonomy/tag.graphql.ts'
import '../content/post.graphql.ts'
import '../content/post.relations.graphql.ts'
import '../content/post.lists.graphql.ts'
import '../content/post.lookup.graphql.ts'
import '../content/post.event.graphql.ts'
import '../content/post.mutations.graphql.ts'
import '../events/event.graphql.ts'
import '../importer/import.event.graphql.ts'
import '../webhooks/endpoint.graphql.ts'
import '../webhooks/delivery.graphql.ts'
import { builder } from './builder.ts'

/** The schema of everything. Importing it does nothing else. */
export const schema = builder.toSchema()

/** The SDL, sorted: what schema/schema.graphql holds. */
export const printedSchema = (): string => `${printSchema(lexicographicSortSchema(schema))}\n`
