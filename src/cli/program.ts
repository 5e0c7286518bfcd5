import { Command, CommanderError } from 'commander'
import { operatorErrorOf } from '../db/operator-error.ts'
import { version } from '../lib/version.ts'
import type { Exit } from './exit.ts'
import { sayText } from './output.ts'

type Add = (program: Command, exit: Exit) => void

// Loaded when asked for: a command that needs no database should not wait for the modules of one that does.
const commands: Record<string, () => Promise<Add>> = {
  serve: async () => (await import('./serve.ts')).addServe,
  worker: async () => (await import('./serve.ts')).addWorker,
  migrate: async () => (await import('./migrate.ts')).addMigrate,
  import: async () => (await import('./import.ts')).addImport,
  keys: async () => (await import('./keys.ts')).addKeys,
  doctor: async () => (await import('./doctor.ts')).addDoctor,
  schema: async () => (await import('./schema.ts')).addSchema,
  webhooks: async () => (await import('./webhooks/commands.ts')).addWebhooks,
}

/** Runs the command line and returns the exit code. Expected failures are one line; anything else keeps its stack. */
export const run = async (argv: string[]): Promise<number> => {
  const exit: Exit = { code: 0 }
  const program = new Command('presswire')
    .description('A GraphQL content API with signed webhooks.')
    .version(version)
    .exitOverride()
    .showHelpAfterError('(add --help for what is possible)')
  const asked = commands[argv[2] ?? '']
  // Help, and what is misspelt, is answered with all of them.
  for (const load of asked ? [asked] : Object.values(commands)) (await load())(program, exit)
  try {
    await program.parseAsync(argv)
    return exit.code
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    const told = operatorErrorOf(error)
    if (!told) throw error
    sayText(told.message)
    return told.exitCode
  }
}
