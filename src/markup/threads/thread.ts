import { getCompileCacheDir } from 'node:module'
import { Worker } from 'node:worker_threads'
import { RequestError } from '../../lib/errors.ts'
import { CannotRender } from '../cannot-render.ts'
import type { PostSource, Rendered } from '../rendered.ts'
import type { Answer, ThreadData } from './worker.ts'

/** What one rendering may take: milliseconds of work, and megabytes. */
export type RenderLimits = { deadlineMs: number; heapMb: number }

/** A thread that renders one source at a time. */
export type Thread = {
  /** @throws CannotRender when the source takes more than it may; the thread has ended then. */
  run(source: PostSource): Promise<Rendered>
  /** False once it has ended, whatever ended it. */
  isAlive(): boolean
  end(): Promise<unknown>
}

// V8 ends the whole process when one step of its own finds no room (a table that doubles): its limit is far above ours.
const roomForOneStep = 4

export const startThread = (file: URL, limits: RenderLimits): Thread => {
  const worker = new Worker(file, {
    workerData: { compileCache: getCompileCacheDir() } satisfies ThreadData,
    resourceLimits: { maxOldGenerationSizeMb: limits.heapMb * roomForOneStep },
  })
  // What an idle one dies of is of no interest, but without a listener it would be an error of the process.
  worker.on('error', () => undefined)
  let isAlive = true
  const end = () => {
    isAlive = false
    return worker.terminate()
  }
  worker.once('exit', () => {
    isAlive = false
  })
  const ready = messageOf<'ready'>(worker, startWatch)
  return {
    run: async (source) => {
      // Nobody waits for an idle thread, not even the end of the process.
      worker.ref()
      try {
        await ready
        worker.postMessage(source)
        return renderedOf(await messageOf<Answer>(worker, watchOver(worker, limits)))
      } catch (error) {
        void end()
        throw error
      } finally {
        worker.unref()
      }
    },
    isAlive: () => isAlive,
    end,
  }
}

/** Calls back when there is nothing more to wait for; the returned function ends the watch. */
type Watch = (giveUp: (error: Error) => void) => () => void

/** The next message of a thread, unless it dies first or the watch gives up. */
const messageOf = <Message>(worker: Worker, watch: Watch): Promise<Message> =>
  new Promise((resolve, reject) => {
    const done = () => {
      stopWatching()
      worker.off('message', answered).off('error', died).off('exit', ended)
    }
    const answered = (message: Message) => {
      done()
      resolve(message)
    }
    const giveUp = (error: Error) => {
      done()
      reject(error)
    }
    const died = (error: NodeJS.ErrnoException) =>
      giveUp(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? tooMuchMemory() : broken(error.message))
    const ended = () => giveUp(broken('its thread ended'))
    worker.on('message', answered).on('error', died).on('exit', ended)
    const stopWatching = watch(giveUp)
  })

// A machine so busy that the modules take longer to load has nobody who waits for them.
const startMs = 30_000

const startWatch: Watch = (giveUp) => {
  const timer = setTimeout(() => giveUp(notStarted()), startMs)
  return () => clearTimeout(timer)
}

const lookEveryMs = 50
// On a busy machine work takes longer than its time on the processor, but nobody waits for it for ever.
const deadlines = 4

const watchOver =
  (worker: Worker, { deadlineMs, heapMb }: RenderLimits): Watch =>
  (giveUp) => {
    const started = performance.now()
    const before = worker.cpuUsage()
    before.catch(() => undefined)
    const look = async () => {
      const [cpu, heap] = await Promise.all([worker.cpuUsage(await before), worker.getHeapStatistics()])
      if ((cpu.user + cpu.system) / 1_000 > deadlineMs) giveUp(tooSlow(deadlineMs))
      else if (heap.used_heap_size > heapMb * 1_048_576) giveUp(tooMuchMemory())
    }
    const timer = setInterval(() => {
      if (performance.now() - started > deadlineMs * deadlines) giveUp(tooSlow(deadlineMs))
      // One that has answered or ended meanwhile tells nothing.
      else void look().catch(() => undefined)
    }, lookEveryMs)
    return () => clearInterval(timer)
  }

const renderedOf = (answer: Answer): Rendered => {
  if ('rendered' in answer) return answer.rendered
  throw 'refused' in answer ? new CannotRender(answer.refused) : broken(answer.broken)
}

const notStarted = () =>
  new RequestError(
    'SERVICE_UNAVAILABLE',
    'The thread that renders did not start in time. Ask again in some seconds.',
  )
const tooSlow = (deadlineMs: number) =>
  new CannotRender(`The source takes more than ${deadlineMs / 1_000} s to render; ${advice}.`)
/** What an author can do nothing about, but must be told of, since it is this source that does it. */
const broken = (what: string) =>
  new CannotRender(
    `The source could not be rendered, by an error of this program (${what}); please report it, and leave out the part that does it.`,
  )
const tooMuchMemory = () => new CannotRender(`The source takes too much memory to render; ${advice}.`)
const advice = 'shorten it, split it into several posts, or take out what is nested or repeated very often'
