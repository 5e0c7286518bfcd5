import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/** How a test file gets its database: cloned from what the global setup prepared. */
export type TestDatabase =
  | { kind: 'embedded' /** A DATA_DIR, whose files are copied. */; data: string }
  | { kind: 'postgres'; url: string; template: string }

declare module 'vitest' {
  interface ProvidedContext {
    /** Which of the two the project runs on. */
    kind: TestDatabase['kind']
    embedded: TestDatabase & { kind: 'embedded' }
    postgres: TestDatabase & { kind: 'postgres' }
    /** A folder that is removed after the run. */
    scratch: string
    /** The file that a process test starts. */
    program: string
  }
}

type Kind = TestDatabase['kind']

/** Which databases the suite runs on, by TEST_DB and by what is found, and one line that says what it does not run. */
export const databasesToTest = (env: NodeJS.ProcessEnv): { databases: Kind[]; notice: string } => {
  const wanted = env.TEST_DB ?? 'all'
  const found = env.TEST_DATABASE_URL ? 'the server of TEST_DATABASE_URL' : postgresBinaries()
  if (wanted === 'pglite')
    return { databases: ['embedded'], notice: 'Not run on PostgreSQL: TEST_DB is pglite.' }
  if (wanted === 'postgres') {
    if (!found)
      throw new Error(
        'TEST_DB is postgres, but no server was found. Install PostgreSQL or set TEST_DATABASE_URL.',
      )
    return {
      databases: ['postgres'],
      notice: `Running on ${found}. Not run on the embedded database: TEST_DB is postgres.`,
    }
  }
  if (wanted !== 'all') throw new Error(`TEST_DB must be pglite, postgres or all, not "${wanted}".`)
  return found
    ? { databases: ['embedded', 'postgres'], notice: `Running on the embedded database and on ${found}.` }
    : {
        databases: ['embedded'],
        notice:
          'Running on the embedded database. Not run on PostgreSQL: no server binaries found and TEST_DATABASE_URL is unset.',
      }
}

/** The folder of initdb and postgres: TEST_POSTGRES_BIN, on PATH, or where Debian puts them; null where there is none. */
export const postgresBinaries = (): string | null => {
  const given = process.env.TEST_POSTGRES_BIN
  if (given) {
    if (existsSync(join(given, 'initdb'))) return given
    throw new Error(`TEST_POSTGRES_BIN is ${given}, where no initdb is.`)
  }
  try {
    return (
      execFileSync('pg_config', ['--bindir'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
        .trim()
        .replace(/.*/, (folder) => (existsSync(join(folder, 'initdb')) ? folder : '')) || debianBinaries()
    )
  } catch {
    return debianBinaries()
  }
}

const debianBinaries = (): string | null => {
  const base = '/usr/lib/postgresql'
  const versions = existsSync(base) ? readdirSync(base).sort((a, b) => Number(b) - Number(a)) : []
  const version = versions.find((name) => Number(name) >= 15 && existsSync(join(base, name, 'bin', 'initdb')))
  return version ? join(base, version, 'bin') : null
}
