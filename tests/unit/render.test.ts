import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { renderPost } from '../../src/markup/render.ts'
import { sanitise } from '../../src/markup/sanitise/sanitise.ts'

const markdown = (source: string, excerpt?: string) => renderPost({ source, format: 'MARKDOWN', excerpt })
const html = (source: string, excerpt?: string) => renderPost({ source, format: 'HTML', excerpt })

/** What keeps the HTML from being well-formed: elements left open, and close tags that fit none. */
const unbalanced = (source: string): string[] => {
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

describe('footnotes', () => {
  const ids = (content: string) => [...content.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id)
  const fragments = (content: string) => [...content.matchAll(/ href="#([^"]*)"/g)].map(([, id]) => id)

  it('stand at the end of the post, with a link there and a link back from each', () => {
    const { content } = markdown(
      'One[^a], two[^long-name], one again[^a].\n\n[^a]: _First_.\n\n[^long-name]: Second.',
    )
    expect(content).toContain('One<sup class="footnote-ref"><a href="#fn1" id="fnref1">[1]</a></sup>, two')
    expect(content).toMatch(
      /<section class="footnotes">\n<ol class="footnotes-list">\n<li id="fn1" class="footnote-item"><p><em>First<\/em>\. <a href="#fnref1" class="footnote-backref">/,
    )
    expect(ids(content)).toEqual(['fnref1', 'fnref2', 'fnref1:1', 'fn1', 'fn2'])
    expect(fragments(content)).toEqual(['fn1', 'fn2', 'fn1', 'fnref1', 'fnref1:1', 'fnref2'])
    expect(sanitise(content)).toBe(content)
  })

  it.each([
    '<p id="fn1">mine</p>\n\n',
    "<a name=x id='fnref1'></a><i id=fn-note1-1></i>\n\n",
    '## fn1\n\n## fnref1\n\n',
    '<h2 id="fn1">mine</h2>\n\n',
  ])('keep their ids apart from those of %j', (before) => {
    const { content } = markdown(`${before}a[^1] b[^1] c[^2]\n\n[^1]: x\n[^2]: y`)
    expect(ids(content)).toEqual([...new Set(ids(content))])
    expect(fragments(content)).toHaveLength(6)
    for (const fragment of fragments(content)) expect(ids(content)).toContain(fragment)
  })

  it('are only what has a definition: other brackets and carets stay text', () => {
    expect(markdown('a[^1] x^[2] b').content).toBe('<p>a[^1] x^[2] b</p>\n')
    expect(markdown('`a[^1]`\n\n[^1]: x').content).toBe('<p><code>a[^1]</code></p>\n')
  })

  it('beyond what a book has are text, so that nobody waits for them', () => {
    const many = Array.from({ length: 3_000 }, (_, index) => `a[^${index}]\n\n[^${index}]: x\n`).join('\n')
    expect(markdown(many).content).not.toContain('footnote')
  })
})

describe('HTML', () => {
  it('is kept as it is: no paragraphs are made of its lines', () => {
    expect(html('one\n\ntwo _three_').content).toBe('one\n\ntwo _three_')
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

  it('is cut at the marker alone, whatever else is in the text', () => {
    const { content, excerptSource } = html('<p>a&#xFDD0;b</p><more-markx>c</more-markx>')
    expect([content, excerptSource]).toEqual(['<p>a\uFDD0b</p>c', 'AUTOMATIC'])
    const marked = html('<p>a<more-mark></more-mark>b&#xFDD0;</p><!--more--><p>c</p>')
    expect(marked).toMatchObject({ excerptHtml: '<p>ab\uFDD0</p>', content: '<p>ab\uFDD0</p><p>c</p>' })
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
    expect(markdown(`start\n\n${source}\n\nend`).excerptSource).toBe('AUTOMATIC')
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
