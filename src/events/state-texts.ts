import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { constants, zstdCompress, zstdDecompress } from 'node:zlib'
import type { Tx } from '../db/client.ts'

const compress = promisify(zstdCompress)
const decompress = promisify(zstdDecompress)

// A day's edits build upon one text. Shorter than events can be kept, so that nobody builds upon what retention takes.
const baseAgeMs = 12 * 60 * 60 * 1_000
// A difference above these costs more than beginning anew does now and then.
const smallDifference = 1_024
const smallPart = 1 / 32

type Known = { id: bigint; isSame: boolean; baseId: bigint; base: Uint8Array | null }

/**
 * Keeps the texts of a state of a subject and returns the id that finds them again. What is the same as the last is kept
 * once; what an edit made of it is kept as the difference, a few hundred bytes, compressed with the other as the dictionary.
 */
export const keepTexts = async (tx: Tx, subjectId: string, texts: object, now: Date): Promise<bigint> => {
  const json = Buffer.from(JSON.stringify(texts))
  const hash = createHash('sha256').update(json).digest('base64')
  const [known] = await tx.$queryRaw<Known[]>`
    SELECT text.id, text.hash = ${hash} AS "isSame", base.id AS "baseId",
      CASE WHEN text.hash <> ${hash} THEN base.data END AS base
    FROM (SELECT id, hash, base_id FROM state_texts WHERE subject_id = ${subjectId} ORDER BY id DESC LIMIT 1) text
    JOIN state_texts base ON base.id = coalesce(text.base_id, text.id)
    WHERE base.created_at > ${new Date(now.getTime() - baseAgeMs)}`
  if (known?.isSame) return known.id
  const difference = known?.base ? await differenceFrom(known.base, json) : null
  const data = difference ?? (await compress(json, windowOf(json.length)))
  const { id } = await tx.stateText.create({
    data: {
      subjectId,
      baseId: difference ? known?.baseId : null,
      hash,
      data: new Uint8Array(data),
      createdAt: now,
    },
    select: { id: true },
  })
  return id
}

/** The texts by their ids, one after the other: each may be megabytes. */
export async function* readTexts(
  db: Tx,
  ids: bigint[],
): AsyncGenerator<{ id: bigint; texts: Record<string, unknown> }> {
  const rows = await db.$queryRaw<{ id: bigint; baseId: bigint | null; data: Uint8Array }[]>`
    SELECT id, base_id AS "baseId", data FROM state_texts WHERE id = ANY(${ids})
      OR id IN (SELECT base_id FROM state_texts WHERE id = ANY(${ids}))`
  const byId = new Map(rows.map((row) => [row.id, row]))
  let base = null as { id: bigint; json: Buffer } | null
  for (const { id, baseId, data } of rows.toSorted(byBase)) {
    const wholeId = baseId ?? id
    const whole = byId.get(wholeId)
    if (!whole) throw new Error(`The texts of the state ${id} build upon others that are gone.`)
    if (base?.id !== wholeId) base = { id: wholeId, json: await decompress(whole.data) }
    const json = baseId === null ? base.json : await decompress(data, { dictionary: base.json })
    yield { id, texts: JSON.parse(json.toString()) }
  }
}

/** Deletes what a subject said, of which no event may tell any more. */
export const forgetTextsOf = (tx: Tx, subjectId: string) => tx.stateText.deleteMany({ where: { subjectId } })

const differenceFrom = async (base: Uint8Array, json: Buffer): Promise<Buffer | null> => {
  const dictionary = await decompress(base)
  const difference = await compress(json, { dictionary, ...windowOf(dictionary.length + json.length) })
  return difference.length <= Math.max(smallDifference, base.length * smallPart) ? difference : null
}

type Row = { id: bigint; baseId: bigint | null }
const byBase = (a: Row, b: Row): number => Number((a.baseId ?? a.id) - (b.baseId ?? b.id))

// A window that reaches back over both, or the start of a long text would be out of sight. More is refused when it is read.
const largestWindow = 27
const windowOf = (bytes: number) => ({
  params: {
    [constants.ZSTD_c_windowLog]: Math.min(Math.max(Math.ceil(Math.log2(bytes + 1)), 17), largestWindow),
  },
})
