import { parseArgs } from 'node:util'
import { benchDeliver } from './deliver.ts'
import type { Watch } from './harness.ts'
import { benchPublish } from './publish.ts'
import { benchRead } from './read.ts'
import { benchScale } from './scale.ts'

const usage = `npm run -s bench -- SUITE [options]

Suites:
  read               the front page, a post and the sections of a blog, beside what bounds them
  deliver            webhooks a second from a backlog beside signed POSTs alone, and how soon one arrives
  publish            how long a publish takes with no endpoint, with 10 on one document, with 10 on a document each
  scale              the same requests to blogs of several sizes: how much longer they take in the larger ones

Options:
  --posts N          posts in the blog of read (10000)
  --sizes N,N        posts in the blogs of scale, the smallest first (1000,10000,200000)
  --rounds N         how often everything is measured, 1 to 20 (3)
  --seconds N        how long each measurement takes, 1 to 60 (3)
  --warmup N         seconds before it that are not counted, 0 to 60 (2)
  --deliveries N     the backlog of deliver, 1000 to 1000000 (10000)
  --connections N    connections that ask at once, 1 to 256 (16)
  --save             write bench/results/<date>-<suite>.json and .md
  --note TEXT        what a reader of the results has to know`

const suites = { read: benchRead, deliver: benchDeliver, publish: benchPublish, scale: benchScale }

/** Runs one suite and returns the exit code: 0, 1 (failed) or 2 (wrong usage). */
const run = async (args: string[], watch: Watch): Promise<number> => {
  const { values, positionals } = parse(args)
  const suite = suites[positionals[0] as keyof typeof suites]
  if (values.help || !suite) {
    watch.say(usage)
    return values.help ? 0 : 2
  }
  const within = (
    name: 'posts' | 'rounds' | 'seconds' | 'warmup' | 'connections' | 'deliveries',
    least: number,
    most: number,
  ) => {
    const value = Number(values[name])
    if (value >= least && value <= most) return value
    throw new RangeError(`--${name} must be from ${least} to ${most}, not "${values[name]}".`)
  }
  const options = {
    // 60 categories with 5 posts each: fewer posts would measure something else.
    posts: within('posts', 1_000, 1_000_000),
    rounds: within('rounds', 1, 20),
    sizes: sizesOf(values.sizes),
    seconds: within('seconds', 1, 60),
    warmupSeconds: within('warmup', 0, 60),
    connections: within('connections', 1, 256),
    deliveries: within('deliveries', 1_000, 1_000_000),
    save: values.save,
    note: values.note ?? null,
  }
  process.stdout.write(await suite(options, watch))
  return 0
}

/** @throws RangeError unless they are numbers of posts, rising. */
const sizesOf = (text: string): number[] => {
  const sizes = text.split(',').map(Number)
  const isRising = sizes.every((size, index) => size >= (index === 0 ? 1_000 : Number(sizes[index - 1]) + 1))
  if (isRising && Number(sizes.at(-1)) <= 1_000_000) return sizes
  throw new RangeError(`--sizes must be rising numbers from 1000 to 1000000, not "${text}".`)
}

const parse = (args: string[]) =>
  parseArgs({
    args,
    allowPositionals: true,
    options: {
      posts: { type: 'string', default: '10000' },
      sizes: { type: 'string', default: '1000,10000,200000' },
      rounds: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '3' },
      warmup: { type: 'string', default: '2' },
      connections: { type: 'string', default: '16' },
      deliveries: { type: 'string', default: '10000' },
      save: { type: 'boolean', default: false },
      note: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })

// What was started is ended and removed, however the run ends.
const interruption = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => interruption.abort(new Error('Interrupted.')))
}

const say = (line: string) => console.error(line)
try {
  process.exitCode = await run(process.argv.slice(2), { say, signal: interruption.signal })
} catch (error) {
  const isUsage =
    error instanceof RangeError || (error as NodeJS.ErrnoException).code?.startsWith('ERR_PARSE_ARGS')
  say(isUsage || interruption.signal.aborted ? (error as Error).message : String((error as Error).stack))
  process.exitCode = isUsage ? 2 : 1
}
