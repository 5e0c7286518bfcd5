import { type Comparison, measurementOf, median, ratios } from './harness.ts'
import type { LoadOptions } from './load.ts'
import { type Circumstances, circumstancesText, markdownTable, spread } from './report.ts'
import type { Operation } from './scale.queries.ts'

type Options = Pick<LoadOptions, 'seconds' | 'warmupSeconds'> & { rounds: number; sizes: readonly number[] }

/** The result of `bench scale` for people: milliseconds at each size, multiples of the smallest, and whether that will do. */
export const scaleReport = (
  { measurements }: Comparison,
  operations: readonly Pick<Operation, 'name' | 'target'>[],
  { rounds, seconds, warmupSeconds, sizes }: Options,
  circumstances: Circumstances,
): string => {
  const [smallest = 0, ...larger] = sizes
  const p50Of = (size: number, operation: string) =>
    measurementOf(measurements, sizeName(size), operation).samples.map(({ p50Ms }) => p50Ms)
  const multiples = (size: number, operation: string) =>
    ratios(p50Of(size, operation), p50Of(smallest, operation))
  const verdict = ({ name, target }: Pick<Operation, 'name' | 'target'>) => {
    const largest = larger.at(-1)
    if (target === null || largest === undefined) return ''
    return `≤ ${target}: ${median(multiples(largest, name)) <= target ? 'pass' : '**fail**'}`
  }
  const rows = operations.map((operation) => [
    operation.name,
    ...sizes.map((size) => median(p50Of(size, operation.name)).toFixed(1)),
    ...larger.map((size) => spread(multiples(size, operation.name), 1)),
    verdict(operation),
  ])
  const paragraphs = [
    '# Growing',
    circumstancesText(circumstances),
    `One connection that waits for each answer; ${rounds} ${rounds === 1 ? 'round' : 'rounds'} of ${seconds} s after ${warmupSeconds} s of warm-up, each in a fresh process, in alternating order, all databases in one PostgreSQL. Milliseconds are the median of the rounds’ medians; a multiple is that of the same round with ${sizeName(smallest)}, the median (least–most). The target is for the largest size.`,
    markdownTable(
      [
        '',
        ...sizes.map((size) => `${sizeName(size)}, ms`),
        ...larger.map((size) => `× at ${sizeName(size)}`),
        'target',
      ],
      rows,
    ),
  ]
  return `${paragraphs.join('\n\n')}\n`
}

/** Such as `200,000 posts`. */
export const sizeName = (posts: number): string => `${posts.toLocaleString('en')} posts`
