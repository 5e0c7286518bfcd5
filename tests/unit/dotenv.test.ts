import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parseDotenv, readDotenv } from '../../src/lib/dotenv.ts'
import { OperatorError } from '../../src/lib/errors.ts'

const url = 'postgresql://me@localhost/blog'

let folder = ''
let file = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'presswire-dotenv-'))
  file = join(folder, '.env')
})
afterEach(() => rm(folder, { recursive: true }))

const refused = (work: () => unknown): OperatorError => {
  try {
    work()
  } catch (error) {
    if (error instanceof OperatorError) return error
    throw error
  }
  throw new Error('It was read.')
}

describe('.env is read, or refused in one line, and never taken for none', () => {
  test('without one there are no settings', () => {
    expect(readDotenv(file)).toEqual([])
  })

  test.for([
    ['a byte order mark', `\uFEFFDATABASE_URL=${url}\n`],
    ['lines as Windows ends them', `DATABASE_URL=${url}\r\nPORT=1\r\n`],
    ['lines as old Macs ended them', `DATABASE_URL=${url}\rPORT=1\r`],
    ['a byte order mark amid, as joined files have', `# settings\n\uFEFFDATABASE_URL=${url}`],
    ['spaces that do not break', `\u00A0DATABASE_URL\u00A0=\u00A0${url}\u00A0`],
    ['export', `export DATABASE_URL="${url}" # the blog`],
  ] as const)('%s', async ([, text]) => {
    await writeFile(file, text)

    expect(readDotenv(file)[0]).toMatchObject({ name: 'DATABASE_URL', value: url, doubt: null })
  })

  test.for([
    ['UTF-16', Buffer.from(`\uFEFFDATABASE_URL=${url}`, 'utf16le')],
    ['UTF-16, the other way round', Buffer.from(`\uFEFFDATABASE_URL=${url}`, 'utf16le').swap16()],
    ['UTF-16 without a mark', Buffer.from(`DATABASE_URL=${url}`, 'utf16le')],
    ['Latin 1', Buffer.from('SITE_TITLE=Stra\u00DFe', 'latin1')],
    ['something huge', Buffer.alloc(2_000_000, '#')],
  ] as const)('%s is refused', async ([, bytes]) => {
    await writeFile(file, bytes)
    const { message, exitCode } = refused(() => readDotenv(file))

    expect(message).toMatch(/^\S+ (is|cannot be read).*\.$/)
    expect(exitCode).toBe(78)
  })

  test('a folder and a link to nowhere are refused', async () => {
    await mkdir(file)
    expect(refused(() => readDotenv(file)).message).toContain('cannot be read')
    await rm(file, { recursive: true })
    await symlink(join(folder, 'nowhere'), file)
    expect(refused(() => readDotenv(file)).message).toContain('cannot be read')
  })
})

test.for([
  ['A=b#c', 'b#c'],
  ['A=b #c', 'b'],
  ['A=', ''],
  ["A='b # $c \\n' # d", 'b # $c \\n'],
  ['A="b # \\"c\\"\\n\\$d\\\\"', 'b # "c"\n$d\\'],
  ["A='two\nlines'", 'two\nlines'],
  ['A = b = c ', 'b = c'],
  ["A=it's", "it's"],
] as const)('a value is what Compose takes it for: %s', ([text, value]) => {
  expect(parseDotenv(text)).toEqual([{ name: 'A', value, line: 1, doubt: null }])
})

test.for(['A=p$w', 'A="p$w"', 'A=#b', 'A= # b', 'A=`b`', 'A="C:\\dir"'])(
  'a value that others would read in another way is doubted, and is not in single quotes: %s',
  (text) => {
    expect(parseDotenv(text)[0]?.doubt).toContain('Put it in single quotes.')
    expect(parseDotenv(`A='${text.slice(2)}'`)).toMatchObject([{ value: text.slice(2), doubt: null }])
  },
)

test.for(['DATABASE_URL postgres://x', 'A: b', '1A=b', 'A="b', "A='b", 'A="b"c', '\u201CA=b'])(
  'a line that is none is refused with its number: %s',
  (text) => {
    expect(refused(() => parseDotenv(`# first\n${text}`)).message).toMatch(/^\.env, line 2: /)
  },
)
