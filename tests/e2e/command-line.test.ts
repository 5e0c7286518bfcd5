import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { describe, expect, inject, test } from 'vitest'
import { runHere } from '../support/command-line.ts'
import { runProgram } from '../support/process.ts'

// Each process takes seconds.
const patient = { timeout: 60_000 }

const presswire = (...args: string[]) => runProgram(args, tmpdir(), {})
const contract = (name: string) => readFile(new URL(`../../schema/${name}`, import.meta.url), 'utf8')

describe.skipIf(inject('kind') !== 'embedded')(
  'the command line without a database (the same on both)',
  () => {
    test('schema print is schema/schema.graphql, on standard output alone', patient, async () => {
      const { code, stdout, stderr } = await presswire('schema', 'print')

      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expect(stdout).toBe(await contract('schema.graphql'))
    })

    test('schema print --events is schema/events.json, on standard output alone', async () => {
      const { code, stdout, stderr } = await runHere('schema', 'print', '--events')

      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expect(stdout).toBe(await contract('events.json'))
    })

    test('--help and --version answer on standard output with exit code 0', patient, async () => {
      const help = await presswire('--help')
      const version = await runHere('--version')

      for (const command of ['serve', 'migrate', 'import', 'keys', 'schema'])
        expect(help.stdout).toContain(`  ${command} `)
      expect(help).toMatchObject({ code: 0, stderr: '' })
      expect(version).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) })
    })

    test(
      'wrong usage ends the process with exit code 2 and nothing on standard output',
      patient,
      async () => {
        const { code, stdout, stderr } = await presswire('nonsense')

        expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
        expect(stderr).toContain("unknown command 'nonsense'")
        expect(stderr).not.toMatch(stack)
      },
    )

    const wrongUsage = [
      { args: [], says: 'Usage: presswire' },
      { args: ['serve', '--nonsense'], says: "unknown option '--nonsense'" },
      { args: ['import'], says: "missing required argument 'path'" },
      { args: ['keys', 'create', '--name', 'No scope'], says: '--scope' },
      { args: ['keys', 'create', '--name', 'x', '--scope', 'everything'], says: 'content:read' },
      {
        args: ['keys', 'create', '--name', 'x', '--scope', 'admin', '--expires', 'soon'],
        says: '2027-01-31',
      },
      {
        args: ['keys', 'create', '--name', 'x', '--scope', 'admin', '--expires', '2001-01-01'],
        says: 'in the past',
      },
    ]

    test.for(wrongUsage)(
      'wrong usage is exit code 2 and says what is wrong: $args',
      async ({ args, says }) => {
        const { code, stdout, stderr } = await runHere(...args)

        expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
        expect(stderr).toContain(says)
        expect(stderr).not.toMatch(stack)
      },
    )
  },
)

const stack = /\n\s+at /
