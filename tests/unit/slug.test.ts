import { describe, expect, it } from 'vitest'
import { plainText } from '../../src/markup/outline/plain-text.ts'
import { pathProblem, slugify, slugProblem } from '../../src/urls/slug.ts'

describe('slugify', () => {
  it.each([
    ['Hyper-V Server 2008 R2 RTM: finally LiveMigration', 'hyper-v-server-2008-r2-rtm-finally-livemigration'],
    ['Müller & Söhne', 'muller-sohne'],
    ['It’s “done”', 'its-done'],
    ['Привет мир', 'privet-mir'],
    ['北京', 'beijing'],
    ['한국', 'hangug'],
    ['Ελλάδα', 'ellada'],
    ['  -- a__b --  ', 'a-b'],
    ['cafe\u0301', 'cafe'],
  ])('makes of %s the slug %s', (text, slug) => {
    expect(slugify(text)).toBe(slug)
  })

  it('keeps names apart that differ in their symbols only', () => {
    expect(['C', 'C++', 'C#', 'F#'].map((name) => slugify(name))).toEqual([
      'c',
      'c-plus-plus',
      'c-sharp',
      'f-sharp',
    ])
  })

  it('is never empty for a text with a letter or a digit of any script', () => {
    const empty: string[] = []
    for (let code = 0; code <= 0x10ffff; code++) {
      if (code === 0xd800) code = 0xe000
      const character = String.fromCodePoint(code)
      if (/[\p{L}\p{N}]/u.test(character) && slugify(character) === '') empty.push(code.toString(16))
    }
    expect(empty).toEqual([])
  })

  it.each(['', '…', '!?', '❤ 🎉', '— · —'])('is empty for %j', (text) => {
    expect(slugify(text)).toBe('')
  })

  it('cuts between words, and a word only when it is all there is', () => {
    expect(slugify('one two three', 8)).toBe('one-two')
    expect(slugify('one two three', 7)).toBe('one-two')
    expect(slugify('abcdefghij', 4)).toBe('abcd')
    expect(slugify('word '.repeat(100)).length).toBeLessThanOrEqual(200)
  })

  it('gives slugs that may be used', () => {
    for (const text of ['Ünïcödé', '日本語', 'C++', 'x'.repeat(500), 'ь', '½'])
      expect(slugProblem(slugify(text))).toBeNull()
  })
})

describe('slugProblem', () => {
  it.each([
    ...[
      'a',
      'hello-world',
      'snake_case',
      'v1.2',
      'ünï',
      '日本語',
      'हिन्दी',
      'x'.repeat(200),
      'น้ำ',
      'ນ້ຳ',
      'שלום',
    ],
    ...['привет', 'сор', 'it-специалист', 'smsки', 'tnfα', '3d-печать', 'ελλάδα', 'ꦲꦏ꧀'],
  ])('allows %s', (slug) => {
    expect(slugProblem(slug)).toBeNull()
  })

  it.each([
    ['', '0 characters'],
    ['x'.repeat(201), '201 characters'],
    ['Hello', 'write "hello"'],
    ['a b', 'write "a-b"'],
    ['a/b', 'write "a-b"'],
    ['a?b', 'may have letters'],
    ['.', 'another'],
    ['..', 'another'],
    ['e\u0301', 'normal form C'],
    ['a\n', 'may have letters'],
    ['a\0', 'may have letters'],
    ['\ud800', 'may have letters'],
    ['No Good', 'write "no-good"'],
    ['\u3164', 'nobody sees (U+3164)'],
    ['about\ufe0f', 'write "about"'],
    ['a\u034fb', 'write "ab"'],
    ['about\u{e0101}', 'write "about"'],
    ['ab\u200bout', 'write "about"'],
    ['\u202etuoba', 'write "tuoba"'],
    ['ａｂｏｕｔ', 'write "about"'],
    ['ﬁsh', 'write "fish"'],
    ['𝐚bout', 'write "about"'],
    ['x²', 'write "x2"'],
    ['аbout', 'write "about"'],
    ['my-gооd-post', 'write "my-good-post"'],
  ])('refuses %j and says what to do', (slug, hint) => {
    expect(slugProblem(slug)).toContain(hint)
  })

  it.each([
    'аbout',
    'ﬁ\u200b',
    '\u3164',
    'Ａ\ufe0f Б',
    'น\u0e49\u0e4dา',
    'No Good',
    'E\u0301',
    'E\u0301 !',
    'A/B',
    '!?',
    'İ',
    'Ünï cödé',
    'ﬁ X',
    '\ud800',
  ])('advises for %j a slug that it would allow', (slug) => {
    const [, advised = ''] = /write "([^"]*)"/.exec(slugProblem(slug) ?? '') ?? []
    expect(advised).not.toBe('')
    expect(slugProblem(advised)).toBeNull()
  })
})

describe('pathProblem', () => {
  it.each([
    ...['/', '/a', '/2009/07/some-post/', '/日本/', '/a.html', '/a b/', '/...', '/.well-known/x'],
    ...['/wait…/', '/1ª-parte/', '/x²/', '/すごい！/', '/می\u200cشود/', '/क्\u200dष/', '/น้ำ/'],
  ])('allows %s', (path) => {
    expect(pathProblem(path)).toBeNull()
  })

  it.each([
    ['', 'start with a slash'],
    ['a/b', 'write "/a/b"'],
    ['//a', 'one slash'],
    ['/a//b', 'one slash'],
    ['/a/../b', '".."'],
    ['/..', '".."'],
    ['/a/./b', '"."'],
    ['/a?b', '"?"'],
    ['/a#b', '"#"'],
    ['/a\\b', '"\\"'],
    ['/a%20b', 'percent-escapes'],
    ['/%2e%2e/', 'percent-escapes'],
    ['/%/', 'follows no letter'],
    ['/%zz/', 'follows no letter'],
    ['/100%%/', 'follows no letter'],
    ['/a\n', 'control characters'],
    ['/a\u202eb/', 'U+202E'],
    ['/a\u200b/', 'U+200B'],
    ['/a\u200c/', 'U+200C'],
    ['/\u3164/', 'U+3164'],
    ['/a\ufe0f/', 'U+FE0F'],
    ['/a\u2028/', 'U+2028'],
    ['/ａbout/', 'write "/about/"'],
    ['/ﬁsh/', 'write "/fish/"'],
    ['/2009/аbout/', 'write "/2009/about/"'],
    ['/a\0', 'control characters'],
    ['/\ud800', 'broken Unicode'],
    ['/e\u0301', 'normal form C'],
    [`/${'x'.repeat(800)}`, 'at most 800'],
  ])('refuses %j and says what to do', (path, hint) => {
    expect(pathProblem(path)).toContain(hint)
  })
})

describe('plainText', () => {
  it.each([
    ['AT&amp;T', 'AT&T'],
    ['&amp;lt;b&amp;gt;', '&lt;b&gt;'],
    ['&#8220;Q&#8221;&nbsp;x', '“Q” x'],
    ['a <em title="x > y">b</em>\n  c', 'a b c'],
    ['one<br/>two', 'one two'],
    ['<script>alert(1)</script>Hi<style>x</style>', 'Hi'],
    ['a<!-- c -->b', 'ab'],
    ['<img src=x onerror=alert(1)>', ''],
    ['&lt;img src=x&gt;', '<img src=x>'],
    ['2 < 3 & 4 > 1', '2 < 3 & 4 > 1'],
    ['if a<b then', 'if a<b then'],
    ['Vec<String> and Option<T>', 'Vec<String> and Option<T>'],
  ])('reads %s as %s', (html, text) => {
    expect(plainText(html)).toBe(text)
  })
})
