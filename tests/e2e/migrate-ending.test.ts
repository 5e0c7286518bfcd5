import { expect, inject, test } from 'vitest'
import { withHome } from '../support/process.ts'
import { until } from '../support/until.ts'

const lent = withHome({ untouched: true })

test.skipIf(inject('kind') !== 'embedded')(
  'a command that migrates ends when its work is done (the same engine on both; a PostgreSQL comes migrated)',
  { timeout: 60_000 },
  async () => {
    const program = lent.home.start('migrate')
    let hasEnded = false
    const ended = program.ended.then((how) => {
      hasEnded = true
      return how
    })
    await until(() => program.stderr().includes('Applied'), 50_000)

    // Prisma's engine leaves timers of 10 s behind: half of that tells them from a slow machine.
    await until(() => hasEnded, 5_000)
    expect(await ended).toMatchObject({ code: 0, stdout: '' })
  },
)
