import { defineConfig } from 'vitest/config'
import { databasesToTest } from './tests/support/databases.ts'
import { ProcessTestsFirst } from './tests/support/sequencer.ts'

const { databases, notice } = databasesToTest(process.env)
console.error(notice)

const onEachDatabase = ['tests/{api,webhooks,importer,e2e}/**/*.test.ts']

export default defineConfig({
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
    globalSetup: 'tests/support/setup.ts',
    sequence: { sequencer: ProcessTestsFirst },
    projects: [
      {
        test: {
          name: 'unit',
          include: ['tests/*.test.ts', 'tests/unit/**/*.test.ts'],
          // For the few that need an app: any of the databases will do.
          provide: { kind: databases[0] ?? 'embedded' },
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      ...databases.map((database) => ({
        test: {
          name: database,
          include: onEachDatabase,
          provide: { kind: database },
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      })),
    ],
  },
})
