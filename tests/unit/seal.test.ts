import { describe, expect, test } from 'vitest'
import { createSeal, SealError } from '../../src/lib/encryption.ts'

const seal = createSeal('correct horse battery staple')
const context = 'endpoint_01/secret'

describe('seal', () => {
  test.each(['whsec_abc', '', 'ünïcödé 🗝', 'x'.repeat(100_000)])(
    'what is sealed opens again (%#)',
    (plaintext) => {
      expect(seal.open(seal.seal(plaintext, context), context)).toBe(plaintext)
    },
  )

  test('another process with the same SECRET_KEY opens it', () => {
    expect(createSeal('correct horse battery staple').open(seal.seal('s', context), context)).toBe('s')
  })

  test('the plaintext cannot be read from it, and it differs each time', () => {
    const [one, two] = [seal.seal('whsec_readable', context), seal.seal('whsec_readable', context)]
    expect(one).not.toBe(two)
    expect(one).toMatch(/^v1\.[\w-]+$/)
    expect(Buffer.from(one.slice(3), 'base64url').toString('latin1')).not.toContain('readable')
  })

  test('another SECRET_KEY throws a SealError that says what to do', () => {
    const sealed = createSeal('another key').seal('s', context)
    expect(() => seal.open(sealed, context)).toThrow(SealError)
    expect(() => seal.open(sealed, context)).toThrow(/SECRET_KEY differs.*Start with the SECRET_KEY/s)
  })

  test('a value moved to another row does not open', () => {
    expect(() => seal.open(seal.seal('s', context), 'endpoint_02/secret')).toThrow(SealError)
  })

  test('a flipped bit anywhere is noticed', () => {
    const sealed = Buffer.from(seal.seal('secret', context).slice(3), 'base64url')
    for (let i = 0; i < sealed.length; i++) {
      const tampered = Buffer.from(sealed)
      tampered.writeUInt8(tampered.readUInt8(i) ^ 1, i)
      expect(() => seal.open(`v1.${tampered.toString('base64url')}`, context), `byte ${i}`).toThrow(SealError)
    }
  })

  test.each(['', 'v1.', 'v1.AAAA', 'v2.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA', 'whsec_plain'])(
    'something that was never sealed (%j) is refused',
    (value) => expect(() => seal.open(value, context)).toThrow(SealError),
  )

  test('an empty SECRET_KEY is refused', () => {
    expect(() => createSeal('')).toThrow(/SECRET_KEY is empty/)
  })
})
