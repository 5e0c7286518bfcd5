import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, inject, test } from 'vitest'
import { root } from '../support/documents.ts'
import { withHome } from '../support/process.ts'
import { until } from '../support/until.ts'

const lent = withHome()
const patient = { timeout: 300_000 }

test.skipIf(inject('kind') !== 'embedded').for(['a space', 'ümläut', '100%20', '#1?', "it's"])(
  'a checkout may have any name: %s',
  patient,
  async (name) => {
    const checkout = join(lent.home.folder, name)
    await mkdir(checkout)
    for (const part of ['src', 'prisma', 'schema', 'package.json'])
      await cp(join(root, part), join(checkout, part), { recursive: true })
    await symlink(join(root, 'node_modules'), join(checkout, 'node_modules'))
    const env = { HOST: '127.0.0.1', PORT: '0' }
    const child = spawn(process.execPath, ['src/main.ts', 'serve'], { cwd: checkout, env })
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
    const url = await until(() => /running at (http:\S+)\/graphql/.exec(said)?.[1], 200_000)
    const page = await fetch(`${url}/graphql`, { headers: { accept: 'text/html' } })
    expect(page.status).toBe(200)
    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([0, null])
  },
)
