import { format } from 'node:util'
import { vi } from 'vitest'
import { run } from '../../src/cli/program.ts'

/**
 * Runs the command line in the test's own process, for what needs no database and of which nothing but the answer is
 * watched: a process takes half a second of a processor to say the same. One that would read the settings ends with 78.
 */
export const runHere = async (
  ...args: string[]
): Promise<{ code: number; stdout: string; stderr: string }> => {
  const written = { stdout: '', stderr: '' }
  const keep = (stream: keyof typeof written) => (text: string | Uint8Array) => {
    written[stream] += String(text)
    return true
  }
  // What got past its parser by mistake must not find a database, not even one that a .env names.
  vi.stubEnv('PORT', 'none')
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation(keep('stdout')),
    vi.spyOn(process.stderr, 'write').mockImplementation(keep('stderr')),
    vi.spyOn(console, 'error').mockImplementation((...parts) => void keep('stderr')(`${format(...parts)}\n`)),
  ]
  try {
    return { code: await run([process.execPath, 'presswire', ...args]), ...written }
  } finally {
    for (const spy of spies) spy.mockRestore()
    vi.unstubAllEnvs()
  }
}
