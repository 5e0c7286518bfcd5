import { type Comparison, measurementOf, median, ratios } from './harness.ts'
import type { LoadOptions } from './load.ts'
import type { Question } from './read.queries.ts'
import { type Circumstances, circumstancesText, markdownTable, spread } from './report.ts'

/** The result of `bench read` for people: how many a second, how close to the limits, how late, how large. */
export const readReport = (
  { measurements, peakMemoryMb }: Comparison,
  questions: readonly Question[],
  { rounds, seconds, warmupSeconds, connections, posts }: LoadOptions & { rounds: number; posts: number },
  circumstances: Circumstances,
): string => {
  const variants = [...new Set(measurements.map(({ variant }) => variant))]
  const limits = variants.filter((variant) => variant !== 'Presswire')
  const samplesOf = (variant: string, question: string) =>
    measurementOf(measurements, variant, question).samples
  const perSecondOf = (variant: string, question: string) =>
    samplesOf(variant, question).map(({ perSecond }) => perSecond)

  const table = (title: string, columns: string[], cell: (column: string, question: string) => string) => {
    const rows = questions.map(({ name }) => [name, ...columns.map((column) => cell(column, name))])
    return `${title}\n\n${markdownTable(['', ...columns], rows)}`
  }
  const paragraphs = [
    '# Reading',
    circumstancesText(circumstances),
    `${posts.toLocaleString('en')} posts; ${connections} connections; ${rounds} ${rounds === 1 ? 'round' : 'rounds'} of ${seconds} s after ${warmupSeconds} s of warm-up, each in a fresh process, in alternating order. A cell is the median of the rounds (least–most).`,
    questions.map(({ name, text }) => `- **${name}**: ${text}`).join('\n'),
    table('Answers a second:', variants, (variant, question) => spread(perSecondOf(variant, question))),
    table('Presswire in percent of each limit, round by round:', limits, (limit, question) =>
      spread(
        ratios(perSecondOf('Presswire', question), perSecondOf(limit, question)).map((ratio) => ratio * 100),
        1,
      ),
    ),
    table('Milliseconds to an answer, p50 / p99:', variants, (variant, question) => {
      const samples = samplesOf(variant, question)
      const [p50, p99] = [samples.map(({ p50Ms }) => p50Ms), samples.map(({ p99Ms }) => p99Ms)]
      return `${median(p50).toFixed(1)} / ${median(p99).toFixed(1)}`
    }),
    `Peak memory of the server: ${variants.map((variant) => `${variant} ${peakText(peakMemoryMb[variant])}`).join(', ')}.`,
  ]
  return `${paragraphs.join('\n\n')}\n`
}

const peakText = (values: readonly (number | null)[] = []): string => {
  const known = values.filter((value) => value !== null)
  return known.length > 0 ? `${Math.max(...known)} MB` : 'unknown'
}
