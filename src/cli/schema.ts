import type { Command } from 'commander'
import { printedEventJsonSchema } from '../events/json-schema.ts'
import { printedSchema } from '../graphql/schema.ts'
import { printText } from './output.ts'

/** `presswire schema print`: the SDL, sorted, or the JSON Schema of what webhooks carry. */
export const addSchema = (program: Command): void => {
  program
    .command('schema')
    .description('The contracts: the GraphQL schema, and the bodies of webhooks.')
    .command('print')
    .description('Print the SDL, sorted, on standard output.')
    .option('--events', 'print the JSON Schema of the bodies of webhooks instead')
    .action(({ events }: { events?: boolean }) =>
      printText((events ? printedEventJsonSchema() : printedSchema()).trimEnd()),
    )
}
