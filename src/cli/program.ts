import { Command, CommanderError } from 'commander'
import { OperatorError } from '../errors.ts'
import { version } from '../version.ts'
import { addDoctor } from './doctor.ts'
import type { Exit } from './exit.ts'
import { addImport } from './import.ts'
import { addKeys } from './keys.ts'
import { addMigrate } from './migrate.ts'
import { addSchema } from './schema.ts'
import { addServe, addWorker } from './serve.ts'
import { addWebhooks } from './webhooks.ts'

/** Runs the command line and returns the exit code. Expected failures are one line; anything else keeps its stack. */
export const run = async (argv: string[]): Promise<number> => {
  const exit: Exit = { code: 0 }
  const program = new Command('presswire')
    .description('A GraphQL content API with signed webhooks.')
    .version(version)
    .exitOverride()
    .showHelpAfterError('(add --help for what is possible)')
  for (const add of [addServe, addWorker, addMigrate, addImport, addKeys, addDoctor, addSchema, addWebhooks])
    add(program, exit)
  try {
    await program.parseAsync(argv)
    return exit.code
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    if (!(error instanceof OperatorError)) throw error
    console.error(error.message)
    return error.exitCode
  }
}
