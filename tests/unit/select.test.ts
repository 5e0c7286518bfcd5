import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { columnName } from '../../src/db/page.ts'
import { root } from '../support/documents.ts'

test('every column is the snake case of its field', () => {
  const schema = readFileSync(join(root, 'prisma/schema.prisma'), 'utf8')
  const mapped = [...schema.matchAll(/^ {2}(\w+) .*@map\("(\w+)"\)/gm)]
  expect(mapped.length).toBeGreaterThan(50)
  for (const [, field = '', column] of mapped) expect(columnName(field)).toBe(column)
  // What is not mapped has no capital.
  const plain = [...schema.matchAll(/^ {2}(\w+) +(?:String|Int|DateTime|Boolean|BigInt|Json)\b(?!.*@map)/gm)]
  expect(plain.length).toBeGreaterThan(20)
  for (const [, field = ''] of plain) expect(columnName(field)).toBe(field)
})
