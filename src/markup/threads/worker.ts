import { enableCompileCache } from 'node:module'
import { parentPort, workerData } from 'node:worker_threads'
import { CannotRender } from '../cannot-render.ts'
import type { PostSource, Rendered } from '../rendered.ts'

/** What a thread is started with: where the program caches compiled code, if it does. */
export type ThreadData = { compileCache: string | undefined }

/** What the thread says of a source. `broken` is an error of this program. */
export type Answer = { rendered: Rendered } | { refused: string } | { broken: string }

const { compileCache } = workerData as ThreadData
if (compileCache !== undefined) enableCompileCache(compileCache)
const { renderPost } = await import('../render.ts')

const answerTo = (source: PostSource): Answer => {
  try {
    return { rendered: renderPost(source) }
  } catch (error) {
    if (error instanceof CannotRender) return { refused: error.message }
    // Libraries call themselves for each level.
    if (error instanceof RangeError)
      return { refused: `The source is nested too deeply (${error.message}); flatten it.` }
    return { broken: String(error) }
  }
}

parentPort?.on('message', (source: PostSource) => parentPort?.postMessage(answerTo(source)))
parentPort?.postMessage('ready')
