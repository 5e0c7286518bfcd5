import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, inject, test } from 'vitest'
import { runProgram, withHome } from '../support/process.ts'

const lent = withHome()

// Each process takes seconds.
const patient = { timeout: 60_000 }

describe.skipIf(inject('kind') !== 'embedded')('doctor and an embedded folder', () => {
  test('where there is none it says so and makes none', patient, async () => {
    const DATA_DIR = join(lent.home.folder, 'nowhere')
    const { code, stdout } = await runProgram(['doctor'], lent.home.folder, { DATA_DIR })

    expect(code).toBe(1)
    expect(stdout).toContain(`PROBLEM  database: There is no embedded database in ${DATA_DIR} yet.`)
    expect(existsSync(DATA_DIR)).toBe(false)
  })

  test('it looks at everything and changes nothing', patient, async () => {
    const before = await fingerprint(lent.home.env.DATA_DIR ?? '')
    const { code, stdout, stderr } = await lent.home.run('doctor')

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain('ok       database: Embedded PostgreSQL')
    expect(await fingerprint(lent.home.env.DATA_DIR ?? '')).toEqual(before)
  })
})

/** Every file with its content, its mode and when it was changed. */
const fingerprint = async (folder: string): Promise<Record<string, string>> => {
  const entries = await readdir(folder, { recursive: true })
  const prints = entries.map(async (path) => {
    const { mode, mtimeMs, isDirectory } = await stat(join(folder, path)).then((found) => ({
      mode: found.mode,
      mtimeMs: found.mtimeMs,
      isDirectory: found.isDirectory(),
    }))
    const content = isDirectory
      ? ''
      : createHash('sha256')
          .update(await readFile(join(folder, path)))
          .digest('hex')
    return [path, `${mode} ${mtimeMs} ${content}`]
  })
  return Object.fromEntries(await Promise.all(prints))
}
