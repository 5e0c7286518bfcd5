import { type Comparison, measurementOf, ratios } from './harness.ts'
import { type Circumstances, circumstancesText, markdownTable, spread } from './report.ts'

/** The result of `bench publish` for people. */
export const publishReport = (
  { measurements }: Comparison,
  { rounds, seconds, warmupSeconds }: { rounds: number; seconds: number; warmupSeconds: number },
  circumstances: Circumstances,
): string => {
  const variants = [...new Set(measurements.map(({ variant }) => variant))]
  const samplesOf = (variant: string) => measurementOf(measurements, variant, 'publish').samples
  const p50Of = (variant: string) => samplesOf(variant).map(({ p50Ms }) => p50Ms)
  const p99Of = (variant: string) => samplesOf(variant).map(({ p99Ms }) => p99Ms)
  const paragraphs = [
    '# Publishing',
    circumstancesText(circumstances),
    `20 publishPost mutations a second, sent at fixed times; ${rounds} ${rounds === 1 ? 'round' : 'rounds'} of ${seconds} s after ${warmupSeconds} s of warm-up, each in a fresh process that serves and delivers, in alternating order. Milliseconds from the request to its answer; a cell is the median of the rounds (least–most).`,
    markdownTable(
      ['', 'p50', 'p99', 'p50 as a multiple of the first, round by round'],
      variants.map((variant) => [
        variant,
        spread(p50Of(variant), 1),
        spread(p99Of(variant), 1),
        spread(ratios(p50Of(variant), p50Of(variants[0] ?? '')), 2),
      ]),
    ),
  ]
  return `${paragraphs.join('\n\n')}\n`
}
