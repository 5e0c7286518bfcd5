import { describe, expect, test } from 'vitest'
import { htmlToMarkdown } from '../../src/markup/outline/html-to-markdown.ts'
import { renderPost } from '../../src/markup/render.ts'
import { cpuMsOf } from '../support/cpu-time.ts'

describe('the Markdown of a post', () => {
  test.each([
    ['<h2 id="a">A <em>b</em></h2>\n<p>c<br />d</p>', '## A *b*\n\nc\\\nd'],
    ['<ul><li>a<ul><li>b</li></ul></li></ul>', '- a\n  - b'],
    ['<ol start="3"><li>a</li><li>b</li></ol>', '3. a\n4. b'],
    ['<pre><code class="language-js">a &lt; b\n</code></pre>', '```js\na < b\n```'],
    ['<p><del>a</del> <s>b</s></p>', '~~a~~ ~~b~~'],
    ['<table><tr><th>a|b</th></tr><tr><td>1</td></tr></table>', '| a\\|b |\n| - |\n| 1 |'],
    ['<p><a href="/b" title="t">a</a> <img src="/c.png" alt="d" /></p>', '[a](/b "t") ![d](/c.png)'],
    ['<iframe src="https://player.vimeo.com/video/1"></iframe>', '<https://player.vimeo.com/video/1>'],
    ['<p><a name="x"></a>a <a id="y">b</a></p>', 'a b'],
    ['<p>a<sup>2</sup> <span style="color:red">b</span></p>', 'a2 b'],
    ['  \n', ''],
  ])('%j is %j', (html, markdown) => {
    expect(htmlToMarkdown(html)).toBe(markdown)
  })

  test('keeps text text: no reader of it makes markup of what was none', () => {
    const text = 'A *b* _c_ [d](e) `f` # 1. <script>alert(1)</script> &lt; \\'
    const html = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
    const { markdown } = renderPost({
      source: `<p>${html}</p><p># no heading</p><p>- no list</p>`,
      format: 'HTML',
    })
    const again = renderPost({ source: markdown, format: 'MARKDOWN' })
    expect(again.text).toBe(`${text}\n\n# no heading\n\n- no list`)
    expect([again.headings, again.images]).toEqual([[], []])
  })

  test.each([
    ['a code block in a heading', '<h1>a<pre>b\n&lt;i></pre>c</h1>', '# a`b <i>`c'],
    ['a list in a heading', '<h1>a<ul><li>b</li><li>&lt;i></li></ul></h1>', '# a b \\<i>'],
    [
      'a quote and a rule in a cell',
      '<table><tr><td><blockquote>a</blockquote><hr />b</td></tr></table>',
      '| |\n| - |\n| a b |',
    ],
    ['code of two lines in emphasis', '<p><em>a<pre>b\n&lt;?i></pre></em></p>', '*a`b <?i>`*'],
    ['code of two lines', '<p>a<code>b&lt;<br /> &lt;?i></code></p>', 'a`b< <?i>`'],
    ['text in a list', '<ul>&lt;i>a[b](c)</ul>', '- \\<i>a\\[b]\\(c)'],
    ['text beside the items of a list', '<dl><dt>a</dt>b &lt;i></dl>', '- a\n\n  b \\<i>'],
  ])('makes no markup of what was text, nor text of markup, of %s', (_what, html, markdown) => {
    expect(htmlToMarkdown(html)).toBe(markdown)
  })

  test('is made of the sanitised HTML, whatever the post was written in', () => {
    const source = '# T\n\n<script>x</script>\n\n[a](javascript:b) <b onclick="x">c</b>\n\n<!--more-->\n\nd'
    const made = renderPost({ source, format: 'MARKDOWN' })
    expect(made).toMatchObject({ markdown: '# T\n\na **c**\n\nd', excerptMarkdown: '# T\n\na **c**' })
  })

  test.each([
    ['very many elements', `<p>1. *a*<br>- b</p>${'<p>c</p>'.repeat(10_001)}`, '1\\. \\*a\\*\\\n\\- b\n\nc'],
    ['a prefix on every line', `${'<blockquote>'.repeat(20)}${'a<br>'.repeat(1_000)}`, 'a\\\na'],
    [
      'a table of nothing',
      `<table><tr>${'<td>a'.repeat(500)}</tr>${'<tr><td>b'.repeat(500)}</table>`,
      'a\ta',
    ],
  ])('is the text alone, escaped, of %s', (_what, source, start) => {
    const { content, markdown } = renderPost({ source, format: 'HTML' })
    expect(markdown.startsWith(start)).toBe(true)
    expect(markdown.length).toBeLessThan(content.length * 2)
  })

  test('has emphasis once where it is nested, and table parts outside of tables as text', () => {
    expect(
      htmlToMarkdown('<p><i>a<u>b<em>c</em></u></i> <b><strong>d</strong></b></p><caption>e</caption>'),
    ).toBe('*abc* **d**\n\ne')
  })

  test.each([
    ['elements within elements', '<blockquote>'.repeat(30_000)],
    ['emphasis within emphasis', '<b><i>'.repeat(1_000)],
    ['lists within lists', '<ul><li>a'.repeat(1_000)],
    ['rows of a table', `<table>${'<tr><td>a</td><td>b</td></tr>'.repeat(5_000)}</table>`],
    ['line breaks', `<p>${'a<br />'.repeat(20_000)}</p>`],
    ['signs to escape', `<p>${'a*b_c[d] '.repeat(20_000)}</p>`],
  ])('is made in bounded time of many %s', (_what, source) => {
    // Each takes a second at most; without its guard minutes.
    expect(cpuMsOf(() => renderPost({ source, format: 'HTML' }))).toBeLessThan(8_000)
  })
})
