import { defineConfig } from 'vitest/config'
import { databasesToTest } from './tests/support/databases.ts'
import { ProcessTestsFirst } from './tests/support/sequencer.ts'

const { databases, notice } = databasesToTest(process.env)
console.error(notice)

/** `--mode soak` runs what takes minutes and is not needed at every change: many kills, many faults, long searches. */
const onEachDatabase = (mode: string) =>
  mode === 'soak' ? ['tests/soak/**/*.test.ts'] : ['tests/{api,webhooks,importer,e2e}/**/*.test.ts']

export default defineConfig(({ mode }) => ({
  test: {
    // Two cores: a third worker would only make the others slower.
    maxWorkers: 2,
    // The files of a worker share its modules, which hold no state: loading them again for each took half of the suite's time.
    isolate: false,
    // Generous for a loaded machine; no test asserts a time.
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Node runs the sources as in production, by stripping their types: one copy of every module, and no transforming.
    experimental: { viteModuleRunner: false },
    // As the program does (src/cli/late-refusals.ts).
    onUnhandledError: (error) =>
      (error as { extensions?: { code?: unknown } }).extensions?.code === 'QUERY_TOO_COMPLEX'
        ? false
        : undefined,
    globalSetup: 'tests/support/setup.ts',
    sequence: { sequencer: ProcessTestsFirst },
    projects: [
      {
        test: {
          name: 'unit',
          include: mode === 'soak' ? [] : ['tests/*.test.ts', 'tests/{unit,doors}/**/*.test.ts'],
          // Any of the databases will do: what they hold is decided before one is asked.
          provide: { kind: databases[0] ?? 'embedded' },
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      ...databases.map((database) => ({
        test: {
          name: database,
          include: onEachDatabase(mode),
          provide: { kind: database },
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      })),
    ],
  },
}))
