import { Buffer } from 'node:buffer'
import { describe, expect, it } from 'vitest'
import type { ImportFinding } from '../../src/importer/entry.ts'
import { type FrontMatter, readFrontMatter } from '../../src/importer/sources/front-matter/front-matter.ts'

const read = (text: string | Uint8Array): FrontMatter => {
  const result = readFrontMatter(typeof text === 'string' ? Buffer.from(text) : text, 'a.md')
  if (result.frontMatter === null) throw new Error(JSON.stringify(result.findings))
  return result.frontMatter
}

const refused = (text: string | Uint8Array): ImportFinding[] => {
  const result = readFrontMatter(typeof text === 'string' ? Buffer.from(text) : text, 'a.md')
  expect(result.frontMatter).toBeNull()
  return result.frontMatter === null ? result.findings : []
}

/** The JSON of the front matter: what a reader of the API sees of it. */
const json = (yaml: string): string => JSON.stringify(read(`---\n${yaml}\n---\n`).data)

describe('the body', () => {
  it.each(['text', '\ntext\n\n', '\r\n a \r\n', '', '\n---\nrule\n', '\tx\u00a0\u2028 é 😀'])(
    '%j is kept byte for byte',
    (body) => {
      expect(read(`---\na: 1\n---\n${body}`).body).toBe(body)
    },
  )

  it('starts at the line that it is on in the file', () => {
    const { bodyLine, lines, text } = read('---\na: 1\nb:\n  - x\nc: 2\n---\nbody')
    expect(bodyLine).toBe(7)
    expect([...lines]).toEqual([
      ['a', 2],
      ['b', 3],
      ['c', 5],
    ])
    expect(text).toBe('a: 1\nb:\n  - x\nc: 2\n')
  })

  it('may follow CRLF front matter, a byte order mark, trailing spaces, or three dots', () => {
    expect(read('\uFEFF---\r\na: b\r\n---\r\nx\r\n')).toMatchObject({
      body: 'x\r\n',
      data: { a: 'b' },
      bodyLine: 4,
    })
    expect(read('--- \na: b\n--- \t\nx').body).toBe('x')
    expect(read('---\na: b\n...\nx').body).toBe('x')
    expect(read('---\na: b\n---')).toMatchObject({ body: '', data: { a: 'b' } })
  })

  it('may follow empty front matter', () => {
    expect(read('---\n---\nx')).toMatchObject({ body: 'x', data: {}, text: '' })
  })

  it('is not cut at a line that only begins like the closing one', () => {
    expect(read('---\na: b\n---- x: y\n---\nbody').body).toBe('body')
  })
})

describe('values', () => {
  it('are those of the core schema: no dates, no yes and no, no code', () => {
    expect(json('a: yes\nb: 2013-01-01\nc: ~\nd: true\ne: 12\nf: 1.5\nh: !!js/function "x"')).toBe(
      '{"a":"yes","b":"2013-01-01","c":null,"d":true,"e":12,"f":1.5,"h":"x"}',
    )
  })

  it('that a merge key names lie over the keys above it, as in Jekyll: they may say that the post is hidden', () => {
    expect(json('a: &a {b: 1, c: 1}\nb: 2\n<<: *a\nc: 3')).toBe('{"a":{"b":1,"c":1},"b":1,"c":3}')
    expect(json('a: {<<: [{b: 1}, {b: 2, c: 2}]}\n<<: text')).toBe('{"a":{"b":1,"c":2},"<<":"text"}')
  })

  it('that JSON would write differently stay as they are written', () => {
    expect(json('a: 1.10\nb: 007\nc: 0x1F\nd: 9007199254740993\ne: 1e3\nf: .inf\ng: -0')).toBe(
      '{"a":"1.10","b":"007","c":"0x1F","d":"9007199254740993","e":"1e3","f":".inf","g":"-0"}',
    )
  })

  it('keep the order of their keys, and __proto__ is a key like others', () => {
    const { data } = read('---\nz: 1\n__proto__: {polluted: 1}\nconstructor: 2\na: 3\n---\n')
    expect(Object.keys(data)).toEqual(['z', '__proto__', 'constructor', 'a'])
    expect(Object.getPrototypeOf(data)).toBeNull()
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })

  it('of a key that is there twice are the last, with a warning on its line', () => {
    const { data, findings } = read('---\na: 1\nb: 2\na: 3\n---\n')
    expect(data).toEqual({ a: 3, b: 2 })
    expect(findings).toMatchObject([{ rule: 'yaml-duplicate-key', line: 4, severity: 'warning' }])
  })

  it('with a tag are taken without it, with a warning', () => {
    const { data, findings } = read('---\na: !ruby/object:Gem {b: 1}\n---\n')
    expect(JSON.stringify(data)).toBe('{"a":{"b":1}}')
    expect(findings).toMatchObject([{ rule: 'yaml-tag', line: 2, severity: 'warning' }])
  })

  it.each([
    ['a: "x\ny z"\nb: 1', '{"a":"x y z","b":1}'],
    ["a: 'it''s\n\nx'\nb: 1", '{"a":"it\'s\\nx","b":1}'],
    ['a: [\nx,\n"y: z"\n]\nb: 1', '{"a":["x","y: z"],"b":1}'],
    ['a:\n- b: "x\ny"\n  c: {d: 1,\ne: 2}', '{"a":[{"b":"x y","c":{"d":1,"e":2}}]}'],
    ['t: it\'s\nl: |\n  s: "x\n  y\nb: "q\nr"', '{"t":"it\'s","l":"s: \\"x\\ny\\n","b":"q r"}'],
  ])('of %j, which goes on without indentation, are read as Jekyll reads them', (yaml, expected) => {
    expect(json(yaml)).toBe(expected)
  })
})

describe('errors carry the line in the file, a rule and what to do', () => {
  it.each([
    ['no front matter', 'text\n', 'front-matter-missing', 1],
    ['TOML', '+++\na = 1\n+++\n', 'front-matter-missing', 1],
    ['no closing line', '---\na: 1\n', 'front-matter-unclosed', 1],
    ['a list', '---\n- a\n---\n', 'front-matter-not-a-map', 2],
    ['a text', '---\nabc\n---\n', 'front-matter-not-a-map', 2],
    ['an unquoted colon', '---\na: 1\ntitle: Foo: bar\n---\n', 'yaml-invalid', 3],
    ['a tab', '---\na:\n\t- b\n---\n', 'yaml-invalid', 3],
    ['an unclosed list', '---\na: 1\nb: [1, 2\nc: 3\n---\n', 'yaml-invalid', 3],
    ['an alias without anchor', '---\na: 1\nb: *x\n---\n', 'yaml-invalid', 3],
    ['a map as key', '---\na: 1\n? {b: c}\n: d\n---\n', 'yaml-key', 3],
    ['an escaped NUL', '---\na: 1\nb: "x\\0"\n---\n', 'unstorable-character', 3],
    ['half a surrogate pair', '---\na: "\\ud800"\n---\n', 'unstorable-character', 2],
    ['an alias of itself', '---\na: &a [*a]\n---\n', 'yaml-too-large', 2],
    ['deep nesting', `---\na: ${'['.repeat(40)}${']'.repeat(40)}\n---\n`, 'yaml-too-large', 2],
    ['NUL in the body', '---\na: 1\n---\nx\ny\0', 'nul-character', 5],
    ['Latin-1 in the body', Buffer.from('---\na: 1\n---\nx\ncaf\xe9 y\n', 'latin1'), 'not-utf-8', 5],
    ['Latin-1 in the front matter', Buffer.from('---\ntitle: caf\xe9\n---\n', 'latin1'), 'not-utf-8', 2],
    ['UTF-16', Buffer.from('\uFEFF---\na: 1\n---\n', 'utf16le'), 'not-utf-8', 1],
  ])('%s', (_what, text, rule, line) => {
    const findings = refused(text)
    expect(findings).toMatchObject([{ file: 'a.md', rule, line, severity: 'error' }])
    expect(findings[0]?.message.length).toBeGreaterThan(10)
    expect(findings[0]?.action.length).toBeGreaterThan(5)
  })

  it('front matter above 64 KB, however the file goes on', () => {
    expect(refused(`---\na: "${'x'.repeat(65_536)}"\n---\n`)).toMatchObject([
      { rule: 'front-matter-too-large' },
    ])
    expect(read(`---\na: "${'x'.repeat(65_000)}"\n---\n`).data.a).toHaveLength(65_000)
  })

  it('a billion laughs are refused, not laughed', () => {
    const level = (name: string, of: string) => `${name}: &${name} [${Array(9).fill(`*${of}`).join(',')}]\n`
    const bomb = `a: &a [x]\n${level('b', 'a')}${level('c', 'b')}${level('d', 'c')}${level('e', 'd')}${level('f', 'e')}`
    expect(refused(`---\n${bomb}---\n`)).toMatchObject([{ rule: 'yaml-too-large' }])
  })

  it('brackets by the ten thousand are refused in time', () => {
    expect(refused(`---\na: ${'['.repeat(60_000)}\n---\n`)).toMatchObject([{ severity: 'error', line: 2 }])
  })
})
