import { setTimeout as pause } from 'node:timers/promises'
import { parentPort } from 'node:worker_threads'
import { renderPost } from '../../src/markup/render.ts'
import type { PostSource } from '../../src/markup/rendered.ts'

/** A thread that renders as the program's does, and fails at these words in every way that a source could make it fail. */
const oddities: Record<string, () => unknown> = {
  HANGS: () => {
    for (;;);
  },
  GROWS: () => {
    for (const all: number[][] = []; ; ) all.push(new Array(100_000).fill(0))
  },
  DIES: () => process.exit(3),
  THROWS: () => {
    throw new Error('Odd.')
  },
  SLOWLY: () => pause(300),
}

parentPort?.on('message', async (source: PostSource) => {
  const oddity = Object.keys(oddities).find((word) => source.source.includes(word))
  if (oddity) await oddities[oddity]?.()
  parentPort?.postMessage({ rendered: renderPost(source) })
})
parentPort?.postMessage('ready')
