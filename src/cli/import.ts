import type { Command } from 'commander'
import { openCore } from '../core.ts'
import { type ImportFinding, ImportSourceError } from '../importer/entry.ts'
import { type ImportReport, runImport } from '../importer/run.ts'
import { readJekyll } from '../importer/sources/jekyll/jekyll.ts'
import { lineProblem } from '../keys/key-name.ts'
import { OperatorError } from '../lib/errors.ts'
import type { Exit } from './exit.ts'
import { printJson, say } from './output.ts'
import { readSettings } from './settings.ts'

type Options = { source: string; timezone?: string; json?: boolean }

/** `presswire import PATH`: exit code 1 when something could not be read or stored; the rest is in. */
export const addImport = (program: Command, exit: Exit): void => {
  program
    .command('import')
    .description(
      'Bring in a blog: a Jekyll site or its _posts folder. Running it again changes nothing that is in.',
    )
    .argument('<path>', 'the folder')
    .option('--source <name>', "the import's name; one name, one blog", 'jekyll')
    .option('--timezone <tz>', 'the time zone of dates that name none (default: SITE_TIMEZONE)')
    .option('--json', 'end with one JSON object on standard output')
    .action(async (path: string, options: Options) => {
      const problem = options.source.trim() === '' ? 'is empty' : lineProblem(options.source, 200)
      if (problem) throw new OperatorError(`The name of the import ${problem}.`, 2)
      const { config, log } = readSettings()
      const core = await openCore(config, { log })
      try {
        const timezone = options.timezone ?? config.SITE_TIMEZONE
        const entries = readJekyll(path, { timezone, now: new Date() })
        const report = await runImport(core.write, entries, { source: options.source })
        if (options.json) printJson(publicReport(report))
        else printForPeople(report)
        exit.code = report.failed > 0 ? 1 : 0
      } catch (error) {
        throw error instanceof ImportSourceError
          ? new OperatorError(error.message, 1, { cause: error })
          : error
      } finally {
        await core.close()
      }
    })
}

const publicReport = ({ findings, ...counts }: ImportReport) => ({
  ...counts,
  findings: findings.map(({ severity: _severity, ...finding }) => finding),
})

const printForPeople = ({ created, changed, unchanged, skipped, failed, findings }: ImportReport): void => {
  for (const finding of findings) say(line(finding))
  say(`${created} created, ${changed} changed, ${unchanged} unchanged, ${skipped} skipped, ${failed} failed.`)
}

const line = ({ file, line: number, severity, rule, message, action }: ImportFinding): string =>
  `${file}${number === null ? '' : `:${number}`}: ${severity} (${rule}): ${message} ${action}`
