import { chmod, chown, lchown, lstat, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest'
import { takeFolder } from '../../src/db/embedded/folder.ts'
import { OperatorError } from '../../src/lib/errors.ts'

const somebodyElse = 12_345
const isRoot = process.getuid?.() === 0

describe.skipIf(inject('kind') !== 'embedded')('DATA_DIR (a PostgreSQL has its own)', () => {
  let parent = ''
  let folder = ''
  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'presswire-owner-'))
    folder = join(parent, 'a folder', 'data')
  })
  afterEach(() => rm(parent, { recursive: true }))

  const modeOf = async (...path: string[]) => ((await lstat(join(folder, ...path))).mode & 0o777).toString(8)

  test('is made for its user alone, whatever the umask', async () => {
    const before = process.umask(0)
    takeFolder(folder)
    process.umask(before)

    expect(await modeOf()).toBe('700')
  })

  test.for([0o777, 0o775, 0o755, 0o750, 0o701])(
    'of ours that others could read or write is closed with all that PGlite made for everybody: %o',
    async (mode) => {
      await mkdir(join(folder, 'db', 'base', '5'), { recursive: true })
      for (const file of ['PG_VERSION', 'base/5/1259']) {
        await writeFile(join(folder, 'db', file), '')
        await chmod(join(folder, 'db', file), 0o666)
      }
      await chmod(folder, mode)

      takeFolder(folder)

      expect(await modeOf()).toBe('700')
      expect(await modeOf('db', 'PG_VERSION')).toBe('600')
      expect(await modeOf('db', 'base')).toBe('700')
      expect(await modeOf('db', 'base', '5', '1259')).toBe('600')
    },
  )

  test.skipIf(!isRoot)(
    'of somebody else is refused, and what the message says helps (needs root)',
    async () => {
      await mkdir(folder, { recursive: true })
      await chown(folder, somebodyElse, somebodyElse)
      await chmod(folder, 0o2770)

      const { message } = refused(folder)

      expect(message).toContain(`belongs to user ${somebodyElse}`)
      const [, inIt = ''] = /makes for itself: (.+)$/.exec(message) ?? []
      takeFolder(inIt)
      const [, owner = '', path = ''] = /chown -R (\d+) '([^']+)'/.exec(message) ?? []
      await chown(path, Number(owner), Number(owner))
      takeFolder(folder)
      expect(await modeOf()).toBe('700')
    },
  )

  test.skipIf(!isRoot).for(['db', 'secret.key', 'presswire.lock', 'presswire.held'])(
    'with something in it that somebody else has put there is refused: %s (needs root)',
    async (name) => {
      takeFolder(folder)
      await writeFile(join(folder, 'theirs'), '')
      await symlink(join(folder, 'theirs'), join(folder, name))
      await lchown(join(folder, name), somebodyElse, somebodyElse)

      expect(refused(folder).message).toContain(`${join(folder, name)} belongs to user ${somebodyElse}`)
      await rm(join(folder, name))
      takeFolder(folder)
    },
  )
})

const refused = (folder: string): OperatorError => {
  try {
    takeFolder(folder)
  } catch (error) {
    if (error instanceof OperatorError) return error
    throw error
  }
  throw new Error('It was taken.')
}
