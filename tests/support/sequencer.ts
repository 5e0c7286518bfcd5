import { BaseSequencer, type TestSpecification } from 'vitest/node'

/**
 * Of each project the tests that start processes first: they take longest, whatever the size of their files, and the last of
 * them would keep one core waiting.
 */
export class ProcessTestsFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const projects = [...new Set(sorted.map((file) => file.project))]
    return projects.flatMap((project) => {
      const own = sorted.filter((file) => file.project === project)
      return [...own.filter(startsProcesses), ...own.filter((file) => !startsProcesses(file))]
    })
  }
}

const startsProcesses = ({ moduleId }: TestSpecification): boolean =>
  /\/tests\/e2e\/|\/webhooks-command\.test\.ts$/.test(moduleId)
