import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type pg from 'pg'
import { from } from 'pg-copy-streams'
import { Prisma } from '../src/db/generated/client.ts'
import { columnName } from '../src/db/page.ts'

/**
 * Writes rows into a table with one COPY, each made as it is sent: a large table need not fit into memory. All rows have
 * the fields of the first one; columns that it does not name get their defaults.
 */
export const copyInto = async (client: pg.Client, table: string, rows: Iterable<object>): Promise<void> => {
  const iterator = rows[Symbol.iterator]()
  const { value: first } = iterator.next()
  if (first === undefined) return
  const fields = Object.keys(first)
  const columns = fields.map(columnName).join(', ')
  function* lines() {
    for (let row: object | undefined = first; row !== undefined; row = iterator.next().value) {
      yield lineOf(fields, row as Record<string, unknown>)
    }
  }
  await pipeline(
    Readable.from(inChunks(lines())),
    client.query(from(`COPY ${table} (${columns}) FROM STDIN`)),
  )
}

// In characters: links between posts and tags are short, and a message for each would cost more than the row.
const chunkLength = 1_000_000

function* inChunks(lines: Iterable<string>): Generator<string> {
  let chunk = ''
  for (const line of lines) {
    chunk += line
    if (chunk.length < chunkLength) continue
    yield chunk
    chunk = ''
  }
  if (chunk !== '') yield chunk
}

/** One row in COPY's text format. */
const lineOf = (fields: readonly string[], row: Record<string, unknown>): string =>
  `${fields.map((field) => textOf(row[field])).join('\t')}\n`

const textOf = (value: unknown): string => {
  if (value === null || value === Prisma.DbNull) return '\\N'
  if (value instanceof Date) return value.toISOString()
  return escaped(typeof value === 'object' ? JSON.stringify(value) : String(value))
}

const escaped = (text: string): string => text.replace(/[\\\n\r\t]/g, (sign) => escapes[sign] ?? sign)

const escapes: Record<string, string> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' }
