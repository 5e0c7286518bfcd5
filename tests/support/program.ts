import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Plugin, rolldown } from 'rolldown'
import { root } from './documents.ts'

// What reads files from its own folder has to stay there.
const left = /^(@electric-sql\/pglite|@prisma\/client|@prisma\/schema-engine-wasm)($|\/)/

/**
 * Writes the program to a few files and returns the one to start. The suite starts it a hundred times and more, and finding
 * and reading 1,700 modules took a third of each start.
 */
export const bundleProgram = async (): Promise<string> => {
  const bundle = await rolldown({
    input: join(root, 'src', 'main.ts'),
    platform: 'node',
    external: left,
    plugins: [stayInPlace],
    logLevel: 'silent',
  })
  // Always the same folder: its compiled code is cached by the path.
  const dir = join(root, 'node_modules', '.cache', 'presswire-program')
  await bundle.write({ dir, entryFileNames: 'main.js', chunkFileNames: '[name].js' })
  await bundle.close()
  return join(dir, 'main.js')
}

/** Lets every module find the files beside it where its source is. */
const stayInPlace: Plugin = {
  name: 'stay-in-place',
  transform: {
    filter: { code: 'import.meta.url' },
    handler: (code, id) => ({
      code: code.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(id).href)),
      map: null,
    }),
  },
}
