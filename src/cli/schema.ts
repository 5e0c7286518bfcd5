import type { Command } from 'commander'
import { printedSchema } from '../graphql/schema.ts'
import { print } from './output.ts'

/** `presswire schema print`: the SDL, sorted. */
export const addSchema = (program: Command): void => {
  program
    .command('schema')
    .description('The GraphQL schema.')
    .command('print')
    .description('Print the SDL, sorted, on standard output.')
    .action(() => print(printedSchema().trimEnd()))
}
