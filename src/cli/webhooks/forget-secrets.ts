import type { Command } from 'commander'
import { openCore } from '../../core.ts'
import { system } from '../../keys/viewer.ts'
import { forgetSealed } from '../../webhooks/endpoints/sealed.ts'
import { print, printJson, say } from '../output.ts'
import { readSettings } from '../settings.ts'

/** `presswire webhooks forget-secrets`: the way on when SECRET_KEY is lost. It asks the database, not a server. */
export const addForgetSecrets = (webhooks: Command): void => {
  webhooks
    .command('forget-secrets')
    .description(
      'When SECRET_KEY is lost: give up the secrets and headers that the present one does not open, and disable their endpoints.',
    )
    .option('--json', 'print the ids of the endpoints as one JSON array on standard output')
    .action(async ({ json }: { json?: boolean }) => {
      const { config, log } = readSettings()
      const core = await openCore(config, { log })
      try {
        const viewer = system('forget-secrets')
        const write = async <T>(work: Parameters<typeof core.write<T>>[1]) =>
          (await core.write(viewer, work)).value
        const ids = await forgetSealed(write, core.database.db, config)
        if (json) printJson(ids)
        else for (const id of ids) print(id)
        if (!json) say(said(ids.length))
      } finally {
        await core.close()
      }
    })
}

const said = (count: number): string =>
  count === 0
    ? 'SECRET_KEY opens everything; nothing was given up.'
    : `${count} endpoints are disabled. Each needs rotateWebhookSecret, its headers, and to be set ACTIVE.`
