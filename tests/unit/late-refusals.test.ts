import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { root } from '../support/documents.ts'

/** What a process says, and how it ends, in which a promise that nobody waits for is rejected. */
const afterRejection = (code: string) => {
  const script = `
    import { outliveLateRefusals } from './src/cli/late-refusals.ts'
    outliveLateRefusals()
    void Promise.reject(Object.assign(new Error('Too much.'), { extensions: { code: '${code}' } }))
    setTimeout(() => console.log('alive'), 20)`
  const args = ['--input-type=module', '-e', script]
  const { status, stdout } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' })
  return { status, stdout: stdout.trim() }
}

test('a part of an answer that is refused when nobody waits for it any longer ends nothing', () => {
  expect(afterRejection('QUERY_TOO_COMPLEX')).toEqual({ status: 0, stdout: 'alive' })
})

test('any other rejection that nobody handles ends the process', () => {
  expect(afterRejection('INTERNAL_SERVER_ERROR')).toEqual({ status: 1, stdout: '' })
})
