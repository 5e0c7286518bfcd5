import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'

// `npm audit`, but for what docs/advisories.md explains. Exit code 1 for an advisory that nobody has looked at. A registry that
// has no advisories, such as a mirror, is told and is no failure: there is nothing that could be mended.

type Via = string | { source: number; url: string; title: string; severity: string }
type Report = { error?: unknown; message?: string; vulnerabilities?: Record<string, { via: Via[] }> }

const audit = async (): Promise<Report> => {
  // It exits with 1 when it found something: what it printed counts.
  const { stdout } = await promisify(execFile)('npm', ['audit', '--json'], {
    maxBuffer: 64 * 1_048_576,
  }).catch((error: { stdout?: string }) => ({ stdout: error.stdout ?? '' }))
  return stdout ? JSON.parse(stdout) : { message: 'npm audit printed nothing' }
}

const report = await audit()
if (!report.vulnerabilities) {
  console.error(`Not audited: the registry told no advisories (${report.message ?? 'no reason given'}).`)
} else {
  const explained = readFileSync(new URL('../docs/advisories.md', import.meta.url), 'utf8')
  const found = Object.entries(report.vulnerabilities).flatMap(([name, { via }]) =>
    via.flatMap((one) =>
      typeof one === 'string' ? [] : [{ name, ...one, id: one.url.split('/').at(-1) ?? one.url }],
    ),
  )
  const open = found.filter(({ id }) => !explained.includes(id))
  for (const { name, severity, title, id, url } of open)
    console.error(
      `${severity}: ${name}: ${title} (${url}). Update it, or explain ${id} in docs/advisories.md.`,
    )
  console.error(`${found.length} advisories, ${open.length} of them not explained.`)
  if (open.length > 0) process.exitCode = 1
}
