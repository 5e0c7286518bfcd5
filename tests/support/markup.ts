import fc from 'fast-check'

/** What hides a scheme or a handler from one reader and not from another, written and as entities. */
const hiding = [
  ...[
    '\0',
    '\t',
    '\n',
    '\r',
    '\f',
    '\u0001',
    '\u000b',
    '\u001f',
    ' ',
    '\u007f',
    '\u0080',
    '\u00a0',
    '\u00ad',
  ],
  ...['\u200b', '\u200d', '\u202e', '\u2028', '\u2060', '\ufeff', '\ufdd0', '\ufdef', '\ufffe', '\uffff'],
  ...[
    '\u{1fffe}',
    '\u{10ffff}',
    '\ud800',
    '\udc00',
    '/',
    '\\',
    '"',
    "'",
    '`',
    '<',
    '>',
    '&',
    '=',
    ';',
    ':',
    ',',
  ],
  ...['/**/', '<!---->', 'more-mark', '<more-markx></more-markx>', '<!--more-->', '&amp;', '&lt;'],
]
const asEntity = (text: string): string[] => {
  const code = text.codePointAt(0) ?? 0
  return [`&#${code};`, `&#x${code.toString(16)};`, `&#X${code.toString(16)}`, `&#0${code};`]
}
const junk = fc
  .constantFrom(...hiding)
  .chain((text) => fc.constantFrom(text, text, ...asEntity(text), '&Tab;', '&NewLine;', '&colon;', '&NUL;'))

const withJunk = (text: string): fc.Arbitrary<string> =>
  fc
    .tuple(fc.nat(text.length), junk, fc.boolean())
    .map(([at, odd, isPlain]) => (isPlain ? text : text.slice(0, at) + odd + text.slice(at)))

const script = 'javascript:window.pwned=1'
const address = fc
  .constantFrom(
    ...[
      script,
      script.toUpperCase(),
      '/a',
      'https://example.org/?a=1&b=2',
      '//example.org/x',
      'mailto:a@b.example',
    ],
    ...[
      'data:text/html,<script>pwned=1</script>',
      'data:image/svg+xml,<svg onload=pwned=1>',
      'vbscript:pwned=1',
    ],
    ...['data:image/png;base64,iVBORw0KGgo=', '#a', 'https://www.youtube.com/embed/x', `/a 1x, ${script} 2x`],
  )
  .chain(withJunk)
const style = fc
  .constantFrom('color:red', 'COLOR: RED !important', 'width:1px;/*x*/margin:0 auto', 'position:fixed')
  .chain(withJunk)
const attribute = fc
  .oneof(
    fc.tuple(
      fc.constantFrom('href', 'src', 'srcset', 'poster', 'cite', 'background', 'srcdoc', 'action'),
      address,
    ),
    fc.tuple(
      fc.constantFrom('onerror', 'onload', 'onclick', 'onfocus autofocus'),
      fc.constant('window.pwned=1'),
    ),
    fc.tuple(fc.constant('style'), style),
    fc.tuple(
      fc.constantFrom('id', 'class', 'title', 'aria-label', 'colspan', 'rowspan', 'target', 'name'),
      junk,
    ),
  )
  .chain(([name, value]) => fc.constantFrom(`${name}="${value}"`, `${name}='${value}'`, `${name}=${value}`))
const attributes = fc.array(attribute, { maxLength: 3 }).map((all) => all.map((one) => ` ${one}`).join(''))

const name = fc.constantFrom(
  ...'a b i p p div span img img iframe video source table tr td th ul li h1 h2 blockquote pre code br'.split(
    ' ',
  ),
  ...'svg math style script textarea title noscript xmp template select option form foo object embed'.split(
    ' ',
  ),
  ...'section details summary font em strong del ruby rt colgroup col picture wbr hr center dl dt dd'.split(
    ' ',
  ),
)
const words = fc.constantFrom(
  'a',
  'b c',
  ' ',
  '\n',
  '\n\n',
  '1.',
  '- x\n',
  '# h',
  'x < y & z',
  '**b**',
  '`c`',
  '&amp;lt;',
  '[^1]',
  '[^1]: n\n',
)

/** HTML as nobody writes it, in which elements overlap, are left open, and hide scripts wherever one could be. */
export const oddHtml: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      { weight: 4, arbitrary: fc.tuple(name, attributes).map(([tag, with_]) => `<${tag}${with_}>`) },
      { weight: 3, arbitrary: name.map((tag) => `</${tag}>`) },
      { weight: 3, arbitrary: words },
      { weight: 2, arbitrary: junk },
      {
        weight: 1,
        arbitrary: fc.constantFrom(
          '<!--more-->',
          '<!-- x -->',
          '<![CDATA[',
          ']]>',
          '<!doctype html>',
          '<?x>',
        ),
      },
    ),
    { maxLength: 14 },
  )
  .map((parts) => parts.join(''))

/** The same as Markdown, with links and images of its own. */
export const oddMarkdown: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      oddHtml,
      words,
      address.map((to) => `[a](${to})`),
      address.map((to) => `![a](<${to}> "t")`),
      address.map((to) => `<${to}>`),
      address.map((to) => `[r]\n\n[r]: ${to} 't'\n\n`),
      fc.constantFrom(
        '\n\n| a | b |\n| - | - |\n| c |\n\n',
        '\n> q\n',
        '\n1. x\n',
        '~~s~~',
        '\n```js\n<x>\n```\n',
      ),
    ),
    { maxLength: 5 },
  )
  .map((parts) => parts.join(''))
