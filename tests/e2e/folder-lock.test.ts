import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { beforeAll, describe, expect, inject, test } from 'vitest'
import { ViewerDocument } from '../../schema/generated/graphql.ts'
import { lockFolder } from '../../src/db/lock.ts'
import { type Serving, withHome } from '../support/process.ts'
import { publishNew } from '../webhooks/writing.ts'

const lent = withHome()

// Each start takes seconds.
const patient = { timeout: 90_000 }

describe.skipIf(inject('kind') !== 'embedded')(
  'the embedded folder (a PostgreSQL takes any number of processes)',
  () => {
    let key = ''
    let first: Serving
    const lockFile = () => join(lent.home.env.DATA_DIR ?? '', 'presswire.lock')

    beforeAll(async () => {
      key = await lent.home.newKey()
      first = await lent.home.serve()
    }, 90_000)

    test(
      'a second server is refused with the pid of the first and what to do, and the first goes on',
      patient,
      async () => {
        const { code, stderr } = await lent.home.run('serve')

        expect(code).toBe(1)
        expect(stderr.trim().split('\n')).toEqual([expect.stringContaining(`in use by process ${first.pid}`)])
        expect(stderr).toContain('Stop it first')
        expect(await first.clientOf(key).run(ViewerDocument)).toMatchObject({ viewer: { keyName: 'E2E' } })
      },
    )

    test('a command is refused in the same way', patient, async () => {
      const { code, stdout, stderr } = await lent.home.run('keys', 'list', '--json')

      expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
      expect(stderr.trim().split('\n')).toEqual([expect.stringContaining(`in use by process ${first.pid}`)])
    })

    test(
      'the lock of a process that was killed is taken over, and nothing that it acknowledged is missing',
      patient,
      async () => {
        const { post } = await publishNew(first.clientOf(key), 'Acknowledged')
        expect(await first.kill('SIGKILL')).toMatchObject({ signal: 'SIGKILL' })
        expect(await readFile(lockFile(), 'utf8')).toContain(String(first.pid))

        const second = await lent.home.serve()

        expect(await readFile(lockFile(), 'utf8')).toContain(String(second.pid))
        expect(
          await (await fetch(`${second.url}/graphql?query={post(by:{id:"${post.id}"}){title}}`)).json(),
        ).toEqual({
          data: { post: { title: 'Acknowledged' } },
        })
        expect(await second.kill('SIGTERM')).toMatchObject({ code: 0 })
      },
    )

    test.each([
      {
        which: 'of a dead process whose pid another one has now',
        // This process is alive, and it is not the one that started at that moment of that boot.
        left: JSON.stringify({ pid: process.pid, startTicks: 'another-boot/1' }),
      },
      { which: 'that was cut off while it was written', left: '{"pi' },
    ])('a lock $which is taken over', async ({ left }) => {
      await writeFile(lockFile(), left)

      const unlock = lockFolder(dirname(lockFile()))

      const taken = await readFile(lockFile(), 'utf8')
      expect(taken).not.toBe(left)
      expect(JSON.parse(taken)).toMatchObject({ pid: process.pid })
      unlock()
      expect(existsSync(lockFile())).toBe(false)
    })
  },
)
