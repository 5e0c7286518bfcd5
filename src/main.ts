#!/usr/bin/env node
import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'

// Half of what a start takes is compiling the same modules again. Not in the folder for temporary files, where anybody could
// leave a cache for us to run; where this one cannot be written, nothing is cached.
enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/node-compile', import.meta.url)))
// What this program writes is its user's alone: the embedded database is a folder of secrets.
process.umask(0o077)
const { run } = await import('./cli/program.ts')

process.exitCode = await run(process.argv)
