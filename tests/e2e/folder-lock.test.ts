import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, inject, test, vi } from 'vitest'
import { ViewerDocument } from '../../schema/generated/graphql.ts'
import { FolderInUseError, lockFolder } from '../../src/db/embedded/folder-lock.ts'
import { ownPids } from '../support/container.ts'
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

    test('a command is refused while the owner is frozen, too', patient, async () => {
      process.kill(first.pid, 'SIGSTOP')
      const { code, stdout, stderr } = await lent.home.run('keys', 'list', '--json')
      process.kill(first.pid, 'SIGCONT')

      expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
      expect(stderr.trim().split('\n')).toEqual([expect.stringContaining(`in use by process ${first.pid}`)])
    })

    test.skipIf(ownPids === null).for([['keys', 'list'], ['migrate']])(
      'another container is refused, whose pids are others (needs unshare): %s',
      patient,
      async (command) => {
        const { code, stdout, stderr } = await lent.home.runWithin(ownPids ?? [], ...command)

        expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
        expect(stderr.trim().split('\n')).toEqual([expect.stringContaining('in use by another container')])
        expect(await first.clientOf(key).run(ViewerDocument)).toMatchObject({ viewer: { keyName: 'E2E' } })
      },
    )

    test(
      'the folder of a process that was killed is free at once, and nothing that it acknowledged is missing',
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
  },
)

describe.skipIf(inject('kind') !== 'embedded')('the lock of a folder', () => {
  let folder = ''
  let note = ''
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'presswire-lock-'))
    note = join(folder, 'presswire.lock')
  })
  afterEach(() => rm(folder, { recursive: true }))

  const noteOf = (kernel: string) =>
    JSON.stringify({ id: 'theirs', pid: 1, pids: null, host: 'other', kernel })
  const longAgo = new Date('2001-01-01')

  test('is held once, and free when it was released', async () => {
    const unlock = await lockFolder(folder)

    await expect(lockFolder(folder)).rejects.toThrow(FolderInUseError)
    unlock()
    ;(await lockFolder(folder))()
    expect(existsSync(note)).toBe(false)
  })

  test.for(['{"pi', '', '[]', 'null', '{"pid":-1}', '{"pid":1,"startTicks":"a-boot/1"}'])(
    'is not held by what somebody left there: %s',
    async (left) => {
      await writeFile(note, left)

      const unlock = await lockFolder(folder)

      expect(JSON.parse(await readFile(note, 'utf8'))).toMatchObject({ pid: process.pid })
      unlock()
    },
  )

  test('of a machine that went down long ago is taken over at once', async () => {
    await writeFile(note, noteOf('another kernel'))
    await utimes(note, longAgo, longAgo)

    ;(await lockFolder(folder))()
  })

  test('of another machine is not taken over while that one shows that it lives', async () => {
    const told = vi.spyOn(process, 'emitWarning').mockReturnValue()
    await writeFile(note, noteOf('another kernel'))
    const beats = setInterval(() => void writeFile(note, noteOf('another kernel')), 200)

    await expect(lockFolder(folder)).rejects.toThrow(
      'in use by another container or machine (process 1 on host other)',
    )
    clearInterval(beats)
    expect(told).toHaveBeenCalledOnce()
    told.mockRestore()
  })

  test('is released by its owner alone', async () => {
    const unlock = await lockFolder(folder)
    await writeFile(note, noteOf('another kernel'))

    unlock()

    expect(await readFile(note, 'utf8')).toContain('theirs')
  })

  test('writes through no link that somebody left there', async () => {
    const theirs = join(folder, 'theirs')
    await writeFile(theirs, 'precious')
    await symlink(theirs, note)

    ;(await lockFolder(folder))()

    expect(await readFile(theirs, 'utf8')).toBe('precious')
  })

  test('says what to do where it cannot be held', async () => {
    const held = join(folder, 'presswire.held')
    await writeFile(held, 'something else, which is long enough to be taken for a file of SQLite\n'.repeat(9))

    await expect(lockFolder(folder)).rejects.toThrow(`Remove that file`)
    await rm(held)
    ;(await lockFolder(folder))()
  })
})
