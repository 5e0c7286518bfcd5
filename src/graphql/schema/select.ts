import { queryFromInfo } from '@pothos/plugin-prisma'
import type { GraphQLResolveInfo } from 'graphql'
import type { Prisma } from '../../db/generated/client.ts'
import { columnsSql } from '../../db/page.ts'
import type { Context } from './context.ts'

/** The columns that a query asks for, as Prisma's `select`. `always` names those that the program itself needs. */
export const selectOf = <Always extends Record<string, true>>(
  context: Context,
  info: GraphQLResolveInfo,
  typeName: string,
  always: Always,
  paths: string[][] = [],
): Always => {
  const options = { context, info, typeName, select: always as Record<string, unknown>, paths }
  return (queryFromInfo(options as never) as unknown as { select: Always }).select
}

/** The same as a list of columns in SQL, each under its Prisma name. */
export const columnsOf = (select: Record<string, unknown>, table: string): Prisma.Sql =>
  columnsSql(fieldsOf(select), table)

/** The names of the columns that are selected. */
export const fieldsOf = (select: Record<string, unknown>): string[] =>
  Object.keys(select).filter((field) => select[field] === true)
