import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { attributes, droppedWithContent, styles, tags, videoHosts } from '../../src/content/allow-list.ts'
import { renderPost } from '../../src/content/render.ts'
import { sanitise } from '../../src/content/sanitise.ts'

const markdown = (source: string, excerpt?: string) => renderPost({ source, format: 'MARKDOWN', excerpt })
const html = (source: string, excerpt?: string) => renderPost({ source, format: 'HTML', excerpt })

/** What keeps the HTML from being well-formed: elements left open, and close tags that fit none. */
function unbalanced(source: string): string[] {
  const open: string[] = []
  const wrong: string[] = []
  for (const [tag, isClose, name = '', isVoid] of source.matchAll(/<(\/?)([a-z][a-z0-9]*)[^>]*?(\/?)>/g)) {
    if (isVoid) continue
    if (!isClose) open.push(name)
    else if (open.pop() !== name) wrong.push(tag)
  }
  return [...open, ...wrong]
}

describe('Markdown', () => {
  it('renders emphasis after an inline image and inside of HTML, and keeps the image and the style', () => {
    const { content } = markdown(
      '<img class="alignleft" src="/logo.jpg" alt="logo" width="200" height="100" />As _expected_, ' +
        '<span style="text-decoration: line-through;">V-_Motion_</span> &#8220;_Ready_&#8220; <a href="/x" target="_blank">here</a>.',
    )
    expect(content).toBe(
      '<p><img class="alignleft" src="/logo.jpg" alt="logo" width="200" height="100" />As <em>expected</em>, ' +
        '<span style="text-decoration:line-through">V-<em>Motion</em></span> “<em>Ready</em>“ ' +
        '<a href="/x" target="_blank" rel="noopener">here</a>.</p>\n',
    )
  })

  it('renders tables, strikethrough and fenced code with its language', () => {
    const { content } = markdown(
      '| a | b |\n| --- | ---: |\n| 1 | ~~2~~ |\n\n```js\nif (a < b) c("_d_")\n```',
    )
    expect(content).toContain('<th style="text-align:right">b</th>')
    expect(content).toContain('<td style="text-align:right"><s>2</s></td>')
    expect(content).toContain('<pre><code class="language-js">if (a &lt; b) c("_d_")\n</code></pre>')
  })

  it('leaves block HTML as it is, and renders Markdown in it after an empty line, as CommonMark says', () => {
    expect(markdown('<div>\n_a_\n</div>').content).toBe('<div>\n_a_\n</div>')
    expect(markdown('<div>\n\n_a_\n\n</div>').content).toBe('<div>\n<p><em>a</em></p>\n</div>')
  })

  it('drops the address of a link to a script and keeps its text', () => {
    expect(markdown('[x](javascript:alert(1)) ![y](data:text/html,z)').content).toBe('<p><a>x</a> </p>\n')
  })
})

describe('HTML', () => {
  it('is kept as it is: no paragraphs are made of its lines', () => {
    expect(html('one\n\ntwo _three_').content).toBe('one\n\ntwo _three_')
  })
})

describe('what old blogs are made of stays', () => {
  it.each([
    '<table border="1" cellpadding="4"><caption>c</caption><colgroup><col span="2" /></colgroup><thead><tr><th scope="col">a</th></tr></thead><tbody><tr><td colspan="2" align="right">b</td></tr></tbody></table>',
    '<img srcset="/a.png 1x, /b.png 2x" sizes="100vw" src="/a.png" alt="" loading="lazy" />',
    '<figure id="f" class="wp-caption"><img src="/a.png" alt="a" /><figcaption>b</figcaption></figure>',
    '<details open><summary>a</summary>b</details>',
    '<dl><dt><abbr title="t">a</abbr></dt><dd>b</dd></dl>',
    '<kbd>a</kbd><sup>1</sup><sub>2</sub><del>x</del><ins>y</ins><mark>m</mark><cite>c</cite><q>q</q>',
    '<center><font color="red" size="2">a</font><tt>b</tt><big>c</big><strike>d</strike></center>',
    '<a id="top" name="top"></a><a href="#top" title="t">up</a>',
    '<video src="/a.mp4" poster="/a.png" controls><source src="/a.webm" type="video/webm" /></video>',
    '<audio src="/a.mp3" controls></audio>',
    '<pre class="brush: php"><code class="language-php">&lt;?php</code></pre>',
    '<p style="text-align:center;margin:0 10px 10px 0;color:#cc0000;width:50%">a</p>',
    '<img src="/a.png" style="float:left" alt="a" />',
    '<iframe src="https://www.youtube.com/embed/x" width="560" height="315" allowfullscreen></iframe>',
    '<a href="mailto:a@b.example">m</a><a href="tel:+31">t</a><a href="../r">r</a><a href="//h.example/">p</a>',
    '<img src="data:image/png;base64,iVBORw0KGgo=" alt="dot" />',
  ])('%s', (source) => {
    expect(sanitise(source)).toBe(source)
  })

  it('styles in capitals, as old editors wrote them', () => {
    expect(sanitise('<p style="TEXT-ALIGN: center">a</p>')).toBe('<p style="text-align:center">a</p>')
  })

  it('a YouTube video that was embedded as Flash', () => {
    expect(
      sanitise('<object><embed src="http://www.youtube.com/v/dQw4w9WgXcQ&hl=en" width="425"></object>'),
    ).toBe('<iframe src="https://www.youtube.com/embed/dQw4w9WgXcQ" width="425"></iframe>')
  })

  it('the rel of a link in a new tab, with noopener added', () => {
    expect(sanitise('<a target="_blank" rel="nofollow" href="/">a</a>')).toContain('rel="nofollow noopener"')
    expect(sanitise('<a target="_blank" rel="noreferrer" href="/">a</a>')).toContain('rel="noreferrer"')
  })
})

describe('what can run, load or cover does not', () => {
  it.each([
    ['a script', '<script>alert(1)</script>a', 'a'],
    ['an event handler', '<img src="x" onerror="alert(1)">', '<img src="x" />'],
    ['an event handler after a slash', '<b/onmouseover=alert(1)>x</b>', '<b>x</b>'],
    ['javascript:', '<a href="javascript:alert(1)">x</a>', '<a>x</a>'],
    ['javascript: with control characters', '<a href=" \u0001java\tscri\npt:alert(1)">x</a>', '<a>x</a>'],
    ['javascript: in entities', '<a href="&#106;avascript&colon;alert(1)">x</a>', '<a>x</a>'],
    ['vbscript:', '<a href="vbscript:x">x</a>', '<a>x</a>'],
    ['data: HTML in a link', '<a href="data:text/html,<script>1</script>">x</a>', '<a>x</a>'],
    ['data: HTML in an image', '<img src="data:text/html;base64,eA==">', ''],
    ['data: SVG in an image', '<img src="data:image/svg+xml;base64,eA==">', ''],
    ['data: hidden by spaces', '<img src=" d ata:image/svg+xml,x">', ''],
    [
      'a script address in srcset',
      '<img src="/a" srcset="javascript:x 1x, /b 2x">',
      '<img src="/a" srcset="/b 2x" />',
    ],
    [
      'a script address in a poster',
      '<video poster="javascript:x" src="/a"></video>',
      '<video src="/a"></video>',
    ],
    ['SVG and all in it', '<svg><script>1</script><a xlink:href="javascript:1">t</a></svg>b', 'b'],
    ['a CSS expression', '<p style="width:expression(alert(1))">x</p>', '<p>x</p>'],
    ['a CSS url', '<p style="background:url(https://e.example/t.gif)">x</p>', '<p>x</p>'],
    ['a position', '<p style="position:fixed;top:0;z-index:9">x</p>', '<p>x</p>'],
    ['a negative margin', '<p style="margin:-999px">x</p>', '<p>x</p>'],
    [
      'CSS that leaves its rule',
      '<p style="color:red}body{display:none">x</p>',
      '<p style="color:red">x</p>',
    ],
    ['srcdoc', '<iframe srcdoc="<script>1</script>"></iframe>x', 'x'],
    [
      'srcdoc beside an allowed address',
      '<iframe src="https://player.vimeo.com/1" srcdoc="y"></iframe>',
      '<iframe src="https://player.vimeo.com/1"></iframe>',
    ],
    ['a frame of another host', '<iframe src="https://e.example/www.youtube.com/"></iframe>x', 'x'],
    ['a frame with a host as user', '<iframe src="https://www.youtube.com@e.example/"></iframe>x', 'x'],
    ['a frame with a backslash', '<iframe src="https://e.example\\@www.youtube.com/"></iframe>x', 'x'],
    ['a frame of the site itself', '<iframe src="/admin"></iframe>x', 'x'],
    [
      'a camera for a frame',
      '<iframe src="https://player.vimeo.com/1" allow="camera; autoplay"></iframe>',
      '<iframe src="https://player.vimeo.com/1" allow="autoplay"></iframe>',
    ],
    ['a form', '<form action="/x"><input name="a"><textarea>t</textarea><button>b</button></form>', 'b'],
    ['a data attribute', '<p data-hx-get="/x" data-bs-html="y">x</p>', '<p>x</p>'],
    [
      'an object, a base, a meta, a link',
      '<object data="x"></object><base href="/"><meta http-equiv="refresh"><link rel="import">x',
      'x',
    ],
    ['a comment that ends early', '<!--><img src=x onerror=alert(1)>-->', '<img src="x" />--&gt;'],
    ['a template', '<template><img src=x onerror=1></template>z', 'z'],
    ['NUL', 'a\0<scr\0ipt>b</script>', 'a'],
  ])('%s', (_what, source, expected) => {
    expect(sanitise(source)).toBe(expected)
  })

  it.each([
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>"></noscript>',
    '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
    '<svg></p><style><a id="</style><img src=1 onerror=alert(1)>">',
    '<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>',
    '<xmp><p title="</xmp><img src=x onerror=alert(1)>"></xmp>',
    '<textarea><p title="</textarea><img src=x onerror=alert(1)>"></textarea>',
    '<iframe src="https://www.youtube.com/embed/x"><p title="</iframe><img src=x onerror=alert(1)>"></iframe>',
    '<plaintext><img src=x onerror=alert(1)>',
    '<![CDATA[<img src=x onerror=alert(1)>]]>',
    '<title>&lt;/title&gt;&lt;img src=x onerror=alert(1)&gt;</title>',
    '<select><option>&lt;img src=x onerror=alert(1)&gt;</select>',
  ])('nothing that another parser would read as a handler: %s', (source) => {
    const clean = sanitise(source)
    // Every "<" of the result begins one of its own elements, and none of those has a handler.
    expect(clean.match(/<(?!\/?[a-z])/g)).toBeNull()
    expect(
      [...clean.matchAll(/<[a-z][^>]*>/g)].filter(([tag]) =>
        /\son\w+\s*=/.test(tag.replace(/"[^"]*"/g, '""')),
      ),
    ).toEqual([])
    expect(sanitise(clean)).toBe(clean)
  })

  it('takes what is nested deeper than any post for text, and in time', () => {
    const started = performance.now()
    const { content } = html(`<b>`.repeat(200_000))
    expect(content.startsWith('&lt;b&gt;')).toBe(true)
    // 10 s without the guard, 0.2 s with it.
    expect(performance.now() - started).toBeLessThan(5_000)
  })
})

describe('plain text', () => {
  it('has entities decoded once, and block boundaries as newlines', () => {
    const { text } = html(
      '<h2>A &amp; B</h2><p>one\n two<br>three &amp;lt;</p><ul><li>x</li><li>y</li></ul><table><tr><td>1</td><td>2</td></tr><tr><td>3</td></tr></table><pre>\n  a\n  b\n</pre>c&nbsp;d',
    )
    expect(text).toBe('A & B\n\none two\nthree &lt;\n\nx\ny\n\n1\t2\n3\n\n  a\n  b\n\nc\u00a0d')
  })

  it('leaves out what only browsers without the element show', () => {
    expect(
      html('a<video src="/v">no video</video><ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby>').text,
    ).toBe('a漢kan')
  })
})

describe('headings', () => {
  it('get ids that are unique in the post, and keep their own', () => {
    const { headings, content } = html(
      '<h2>Intro</h2><p id="intro-1">x</p><h3>Intro</h3><h2 id="mine">A <em>b</em></h2><h2 id="mine">Twin</h2><h4></h4><h2>!</h2>',
    )
    expect(headings).toEqual([
      { level: 2, id: 'intro', text: 'Intro' },
      { level: 3, id: 'intro-2', text: 'Intro' },
      { level: 2, id: 'mine', text: 'A b' },
      { level: 2, id: 'twin', text: 'Twin' },
      { level: 2, id: 'section', text: '!' },
    ])
    expect(content).toBe(
      '<h2 id="intro">Intro</h2><p id="intro-1">x</p><h3 id="intro-2">Intro</h3><h2 id="mine">A <em>b</em></h2><h2 id="twin">Twin</h2><h4></h4><h2 id="section">!</h2>',
    )
  })

  it('of one image are named by its alternative text', () => {
    expect(html('<h1><img src="/a" alt="The Logo"></h1>').headings).toEqual([
      { level: 1, id: 'the-logo', text: 'The Logo' },
    ])
  })
})

describe('images', () => {
  it('are listed with what is known of them', () => {
    const { images } = html(
      '<img src="/a.png" alt="" title="t" width="200" height="100px"><img src="b.png" width="50%"><img alt="nowhere">',
    )
    expect(images).toEqual([
      { url: '/a.png', alt: '', title: 't', width: 200, height: 100 },
      { url: 'b.png', alt: null, title: null, width: null, height: null },
    ])
  })
})

describe('the excerpt', () => {
  it('written by hand goes before the marker, in the format of the post', () => {
    const written = markdown('a\n\n<!--more-->\n\nb', '_by_ hand<script>x</script>')
    expect(written.excerptSource).toBe('MANUAL')
    expect(written.excerptHtml).toBe('<p><em>by</em> hand</p>')
    expect(written.excerptText).toBe('by hand')
    expect(markdown('a', ' \n').excerptSource).toBe('AUTOMATIC')
  })

  it.each([
    '<!--more-->',
    '<!-- more -->',
    '<!--more Read on-->',
    '<!--MORE-->',
    '<!-- wp:more -->\n<!--more-->\n<!-- /wp:more -->',
  ])('ends at %s, which is not in the content', (marker) => {
    for (const { excerptHtml, excerptText, excerptSource, content } of [
      markdown(`one _two_\n\n${marker}\n\nthree`),
      html(`<p>one <em>two</em></p>\n${marker}\n<p>three</p>`),
    ]) {
      expect(excerptSource).toBe('MORE_MARKER')
      expect(excerptHtml).toBe('<p>one <em>two</em></p>')
      expect(excerptText).toBe('one two')
      expect(content).not.toMatch(/more|\uFDD0/i)
      expect(content).toContain('three')
    }
  })

  it('is well-formed when the marker stands inside of elements', () => {
    const { excerptHtml, content } = html('<div class="a"><p>one <b>two<br><!--more--> three</b></p></div>')
    expect(excerptHtml).toBe('<div class="a"><p>one <b>two</b></p></div>')
    expect(content).toBe('<div class="a"><p>one <b>two<br /> three</b></p></div>')
    expect(html('<p>one</p><ul><li><!--more-->two</li></ul>').excerptHtml).toBe('<p>one</p>')
    expect(html('<h1>a<h2>b<!--more-->c').excerptHtml).toBe('<h1>a<h2>b</h2></h1>')
  })

  it('leaves no empty paragraph where the marker stood in its own', () => {
    expect(html('<p>a</p>\n<p><!--more--></p>\n<p>b</p>').content).toBe('<p>a</p>\n<p>b</p>')
  })

  it.each([
    '```\n<!--more-->\n```',
    '    <!--more-->',
    'a `<!--more-->` b',
    '<pre><code><!--more--></code></pre>',
    '<!--moreover-->',
    '<p title="<!--more-->">a</p>',
  ])('is not cut by %s', (source) => {
    expect(markdown(`${source}\n\nend`).excerptSource).toBe('AUTOMATIC')
  })

  it('is not empty when the marker comes first', () => {
    expect(markdown('<!--more-->\n\none two')).toMatchObject({
      excerptSource: 'AUTOMATIC',
      excerptText: 'one two',
    })
  })

  it('is otherwise the first 55 words, cut between two of them', () => {
    const words = Array.from({ length: 60 }, (_, index) => `w${index + 1}`)
    const long = markdown(`${words.slice(0, 30).join(' ')}\n\n${words.slice(30).join(' ')}`)
    expect(long.excerptText).toBe(`${words.slice(0, 55).join(' ')}…`)
    expect(long.excerptHtml).toBe(`<p>${words.slice(0, 55).join(' ')}…</p>`)
    expect(markdown(words.slice(0, 55).join(' ')).excerptText).toBe(words.slice(0, 55).join(' '))
    expect(markdown('a < b & c').excerptHtml).toBe('<p>a &lt; b &amp; c</p>')
    expect(markdown('')).toMatchObject({
      excerptText: '',
      excerptHtml: '',
      excerptSource: 'AUTOMATIC',
      wordCount: 0,
    })
  })

  it('stays short in scripts without spaces and in text without words', () => {
    const chinese = markdown('我们的报纸每星期二和星期五出版。'.repeat(30)).excerptText
    expect(chinese.length).toBeGreaterThan(50)
    expect(chinese.length).toBeLessThan(200)
    expect(chinese.endsWith('…')).toBe(true)
    expect(markdown('x'.repeat(5_000)).excerptText).toBe(`${'x'.repeat(1_000)}…`)
  })
})

describe('the word count', () => {
  it.each([
    ["It's a well-known fact — 42 times, that is.", 8],
    ['我们的报纸', 3],
    ['The 新聞 today', 3],
    ['… — !', 0],
  ])('of %s is %i', (source, count) => {
    expect(markdown(source).wordCount).toBe(count)
  })
})

it('docs/html.md names everything that the allow list allows', () => {
  const page = readFileSync(new URL('../../docs/html.md', import.meta.url), 'utf8')
  const named = new Set([...page.matchAll(/`([^`]+)`/g)].map(([, code]) => code))
  const allowed = [
    ...tags,
    ...droppedWithContent,
    ...videoHosts,
    ...Object.keys(styles),
    ...Object.values(attributes).flat(),
  ]
  expect(allowed.filter((name) => !named.has(name))).toEqual([])
})

describe('real posts', () => {
  const corpora = new URL('../../../shared/corpora/', import.meta.url)
  const folders = ['seed/_posts/', '18f/posts/', 'jekyll-docs/docs/_posts/']

  it.for(folders)('of %s come out well-formed, and sanitising again changes nothing', (name, context) => {
    const folder = new URL(name, corpora)
    context.skip(!existsSync(folder), 'the corpora are not beside this checkout')
    for (const file of readdirSync(folder)) {
      const source = readFileSync(new URL(encodeURIComponent(file), folder), 'utf8').replace(
        /^---\n.*?\n---\n/s,
        '',
      )
      const { content, excerptHtml } = markdown(source)
      expect(unbalanced(content), file).toEqual([])
      expect(unbalanced(excerptHtml), file).toEqual([])
      expect(sanitise(content), file).toBe(content)
    }
  })
})
