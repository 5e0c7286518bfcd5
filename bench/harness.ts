import type { ServerProcess } from './server-process.ts'

/** One of the systems that are compared: how to start it, fresh each time. */
export type Variant = { name: string; start(): Promise<ServerProcess> }

/** One measurement of one server. */
export type Sample = { perSecond: number; p50Ms: number; p99Ms: number }

/** What every variant is made to do, warm-up included; `load` does it for requests over HTTP. */
export type Workload = { name: string; measure(server: ServerProcess, signal: AbortSignal): Promise<Sample> }

/** Who waits: gets one line a step, and may end it all. */
export type Watch = { say(line: string): void; signal: AbortSignal }

/** What one variant did with one workload: a sample a round, in the order of the rounds. */
export type Measurement = { variant: string; workload: string; samples: Sample[] }
export type Comparison = { measurements: Measurement[]; peakMemoryMb: Record<string, (number | null)[]> }

/**
 * Measures every variant with every workload. Each round starts each variant in a fresh process and turns their order
 * around: a machine that grows slower or faster during the run is unfair to all alike.
 */
export const compare = async (
  variants: readonly Variant[],
  workloads: readonly Workload[],
  rounds: number,
  { say, signal }: Watch,
): Promise<Comparison> => {
  const measurements = variants.flatMap(({ name }) =>
    workloads.map((workload): Measurement => ({ variant: name, workload: workload.name, samples: [] })),
  )
  const peakMemoryMb: Comparison['peakMemoryMb'] = {}
  for (let round = 0; round < rounds; round++) {
    for (const variant of round % 2 === 0 ? variants : variants.toReversed()) {
      signal.throwIfAborted()
      const server = await variant.start()
      try {
        for (const workload of workloads) {
          const sample = await workload.measure(server, signal)
          measurementOf(measurements, variant.name, workload.name).samples.push(sample)
          say(
            `round ${round + 1}: ${workload.name}, ${variant.name}: ${Math.round(sample.perSecond)} a second`,
          )
        }
        peakMemoryMb[variant.name] = [...(peakMemoryMb[variant.name] ?? []), server.peakMemoryMb()]
      } finally {
        await server.stop()
      }
    }
  }
  return { measurements, peakMemoryMb }
}

/** @throws Error when that was not measured. */
export const measurementOf = (
  measurements: readonly Measurement[],
  variant: string,
  workload: string,
): Measurement => {
  const found = measurements.find((one) => one.variant === variant && one.workload === workload)
  if (!found) throw new Error(`${variant} was not measured with ${workload}.`)
  return found
}

/** The middle value; of an even number of values the mean of the middle two. */
export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((one, other) => one - other)
  const middle = sorted.length / 2
  const [low = Number.NaN, high = low] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]]
  return (low + high) / 2
}

/** The ratio of two series that were measured in the same rounds, round by round: what slowed one slowed the other. */
export const ratios = (of: readonly number[], to: readonly number[]): number[] =>
  of.map((value, round) => value / (to[round] ?? Number.NaN))
