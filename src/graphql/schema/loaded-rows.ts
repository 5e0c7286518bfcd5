import SchemaBuilder, { type PothosOutputFieldConfig, type SchemaTypes } from '@pothos/core'
import pluginName, { PothosPrismaPlugin } from '@pothos/plugin-prisma'
import type { GraphQLFieldResolver } from 'graphql'

/**
 * Pothos's Prisma plugin, but for one thing: it believes that a row has the columns that its fields ask for. The plugin keeps
 * a record of each row that its own queries loaded, field by field, and reads any other row again; here every row comes with
 * the columns that `selectOf` plans, whoever reads it. A row without one is a mistake of ours, and is told as one: without
 * that the field would be null.
 */
class LoadedRowsPlugin<Types extends SchemaTypes> extends PothosPrismaPlugin<Types> {
  override wrapResolve(
    resolver: GraphQLFieldResolver<unknown, Types['Context'], object, unknown>,
    { kind, extensions, name, parentType }: PothosOutputFieldConfig<Types>,
  ): GraphQLFieldResolver<unknown, Types['Context'], object> {
    const select = extensions?.pothosPrismaSelect
    // What depends on arguments names one column of several.
    if (kind !== 'PrismaObject' || typeof select !== 'object' || select === null) return resolver
    const columns = Object.keys(select)
    return (row, args, context, info) => {
      for (const column of columns) {
        if ((row as Record<string, unknown>)[column] !== undefined) continue
        throw new Error(`${parentType}.${name} needs the column ${column}, which nobody read with this row.`)
      }
      return resolver(row, args, context, info)
    }
  }
}

// The plugin has registered itself when it was imported.
SchemaBuilder.allowPluginReRegistration = true
SchemaBuilder.registerPlugin(pluginName, LoadedRowsPlugin)
SchemaBuilder.allowPluginReRegistration = false

export default pluginName
