import { RequestError } from '../../lib/errors.ts'
import type { PostSource, Rendered } from '../rendered.ts'
import { type RenderLimits, startThread, type Thread } from './thread.ts'

/**
 * Renders in a thread of its own, so that no source can stop the program. Never call it within a transaction: whoever
 * waits for its locks would wait for the author, too.
 *
 * @param caller whose it is: of several callers each gets its turn, and none gets all threads.
 * @throws CannotRender; RequestError when there is too much to render at once.
 */
export type Render = (source: PostSource, caller: string) => Promise<Rendered>

export type RenderPool = {
  render: Render
  /** Ends all threads; whoever still waits is refused. */
  end(): Promise<void>
}

type Options = RenderLimits & {
  threads: number
  /** How many may wait, and for how long. */
  maxWaiting: number
  maxWaitingOfCaller: number
  maxWaitMs: number
  /** A thread that had nothing to do for so long ends, but for one. */
  idleMs: number
  file: URL
}

export type RenderOptions = Partial<Options>

const defaults: Options = {
  // A post of a megabyte takes a second.
  deadlineMs: 2_000,
  heapMb: 256,
  // With one thread a source that hangs would hold up all others.
  threads: 2,
  maxWaiting: 256,
  maxWaitingOfCaller: 128,
  maxWaitMs: 20_000,
  idleMs: 30_000,
  // Beside this file in the sources, and wherever they are compiled to.
  file: new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url),
}

type Job = {
  source: PostSource
  caller: string
  resolve: (rendered: Rendered) => void
  reject: (error: Error) => void
  waited: NodeJS.Timeout
}

/** Threads start when they are needed. */
export const createRenderPool = (given: RenderOptions = {}): RenderPool => {
  const options = { ...defaults, ...given }
  const idle: { thread: Thread; timer: NodeJS.Timeout }[] = []
  const busy = new Map<Thread, Job>()
  const waiting: Job[] = []
  // When a caller last had a turn, by the number of the turn.
  const turns = new Map<string, number>()
  let turn = 0
  let isEnded = false

  const countOf = (jobs: Iterable<Job>, caller: string) =>
    [...jobs].filter((job) => job.caller === caller).length

  /** The one whose caller has waited longest for a turn. */
  const takeNext = (): Job | null => {
    const most = Math.max(1, options.threads - 1)
    const allowed = waiting.filter(({ caller }) => countOf(busy.values(), caller) < most)
    const [next] = allowed.sort((a, b) => (turns.get(a.caller) ?? 0) - (turns.get(b.caller) ?? 0))
    if (next === undefined) return null
    waiting.splice(waiting.indexOf(next), 1)
    return next
  }

  const run = async (job: Job) => {
    clearTimeout(job.waited)
    const thread = takeIdle() ?? startThread(options.file, options)
    busy.set(thread, job)
    turns.set(job.caller, ++turn)
    try {
      job.resolve(await thread.run(job.source))
    } catch (error) {
      job.reject(isEnded ? tooBusy() : (error as Error))
    }
    busy.delete(thread)
    if (isEnded) await thread.end()
    else if (thread.isAlive()) rest(thread)
    if (waiting.length === 0 && busy.size === 0) turns.clear()
    runWaiting()
  }

  const takeIdle = (): Thread | undefined => {
    const found = idle.pop()
    clearTimeout(found?.timer)
    return found?.thread.isAlive() ? found.thread : undefined
  }

  const rest = (thread: Thread) => {
    const timer = setTimeout(() => {
      const at = idle.findIndex((one) => one.thread === thread)
      if (idle.length > 1) void idle.splice(at, 1)[0]?.thread.end()
    }, options.idleMs).unref()
    idle.push({ thread, timer })
  }

  const runWaiting = () => {
    while (busy.size < options.threads) {
      const job = takeNext()
      if (job === null) return
      void run(job)
    }
  }

  const leave = (job: Job) => {
    const at = waiting.indexOf(job)
    if (at < 0) return
    waiting.splice(at, 1)
    job.reject(tooBusy())
  }

  return {
    render: (source, caller) =>
      new Promise((resolve, reject) => {
        const isFull =
          waiting.length >= options.maxWaiting || countOf(waiting, caller) >= options.maxWaitingOfCaller
        if (isFull || isEnded) return reject(tooBusy())
        const waited = setTimeout(() => leave(job), options.maxWaitMs)
        const job: Job = { source, caller, resolve, reject, waited }
        waiting.push(job)
        runWaiting()
      }),
    end: async () => {
      isEnded = true
      for (const job of waiting.splice(0)) {
        clearTimeout(job.waited)
        job.reject(tooBusy())
      }
      const threads = [...busy.keys(), ...idle.map(({ thread }) => thread)]
      for (const { timer } of idle.splice(0)) clearTimeout(timer)
      await Promise.all(threads.map((thread) => thread.end()))
    },
  }
}

const tooBusy = () =>
  new RequestError('SERVICE_UNAVAILABLE', 'Too many posts are being rendered. Ask again in some seconds.')
