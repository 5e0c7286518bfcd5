import { type Comparison, measurementOf, ratios, type Sample } from './harness.ts'
import { type Circumstances, circumstancesText, markdownTable, spread } from './report.ts'

/** The result of `bench deliver` for people. */
export const deliverReport = (
  { measurements }: Comparison,
  idle: Sample,
  { rounds, deliveries, endpoints }: { rounds: number; deliveries: number; endpoints: number },
  circumstances: Circumstances,
): string => {
  const perSecondOf = (variant: string) =>
    measurementOf(measurements, variant, 'backlog').samples.map(({ perSecond }) => perSecond)
  const [ours, limit] = [perSecondOf('Presswire'), perSecondOf('signed POSTs')]
  const percent = ratios(ours, limit).map((ratio) => ratio * 100)
  const paragraphs = [
    '# Delivering',
    circumstancesText(circumstances),
    `A backlog of ${deliveries.toLocaleString('en')} deliveries to ${endpoints} endpoints on one document, sent by one worker that was started on it; ${rounds} ${rounds === 1 ? 'round' : 'rounds'}, in alternating order, each in a fresh process. The receiver answers 204 at once; it, the worker and PostgreSQL share the machine. Every attempt is on record afterwards: the run fails when one is not.`,
    markdownTable(
      ['', 'a second'],
      [
        ['Presswire, fan-out and an attempt row each', spread(ours)],
        ['signed POSTs alone, the limit', spread(limit)],
        ['Presswire in percent of the limit', spread(percent, 1)],
      ],
    ),
    `One publish at a time, one endpoint: ${idle.p50Ms.toFixed(1)} ms (p50) and ${idle.p99Ms.toFixed(1)} ms (p99) from the notification of its commit to the receiver.`,
  ]
  return `${paragraphs.join('\n\n')}\n`
}
