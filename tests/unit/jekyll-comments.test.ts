import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { renderPost } from '../../src/markup/render.ts'
import { withoutHidden } from '../../src/markup/source/hidden.ts'
import { cpuMsOf } from '../support/cpu-time.ts'
import { noJekyll } from '../support/real-jekyll.ts'

const jekyll = (source: string, format: 'MARKDOWN' | 'HTML' = 'MARKDOWN') =>
  renderPost({ source, format, dialect: 'JEKYLL' })

/** In each, readers of the site see SHOWN and SEEN, and never HIDDEN. */
const hiding: Record<string, string> = {
  'a comment': 'SHOWN\n\n{% comment %}\nHIDDEN\n{% endcomment %}\n\nSEEN',
  'a comment in a line': 'SHOWN {% comment %}HIDDEN{% endcomment %} SEEN',
  'spaces and dashes': 'SHOWN {%-  comment -%} HIDDEN {%-endcomment-%} SEEN',
  'a comment in a comment': 'SHOWN {% comment %}a{% comment %}b{% endcomment %}HIDDEN{% endcomment %} SEEN',
  'a comment with raw': 'SHOWN {% comment %}{% raw %}{% endcomment %}{% endraw %}HIDDEN{% endcomment %} SEEN',
  'a comment over blocks':
    'SHOWN\n{% comment %}\n# HIDDEN\n\n- HIDDEN\n\n```\nHIDDEN\n{% endcomment %}\n\nSEEN',
  'a comment in fenced code': '```\nSHOWN\n{% comment %}HIDDEN{% endcomment %}\n```\n\nSEEN',
  'a comment in a code span': '`SHOWN {% comment %}HIDDEN{% endcomment %}` SEEN',
  'a comment that opens a fence':
    'SHOWN\n\n{% comment %}\n```\n{% endcomment %}\n\n{::comment}\nHIDDEN\n{:/}\n\nSEEN',
  'a comment in one tag': 'SHOWN {% # HIDDEN %} SEEN',
  'a condition': 'SHOWN\n\n{% if site.secret %}\nHIDDEN\n{% else %}\nHIDDEN\n{% endif %}\n\nSEEN',
  'conditions in conditions': 'SHOWN {% if a %}{% unless b %}x{% endunless %}HIDDEN{% endif %} SEEN',
  'a condition with a comment':
    'SHOWN {% if a %}{% comment %}{% endif %}{% endcomment %}HIDDEN{% endif %} SEEN',
  'a captured text': 'SHOWN {% capture note %}HIDDEN{% endcapture %} SEEN',
  'a variable': 'SHOWN {% assign note = "HIDDEN" %} SEEN',
  'lines of tags': 'SHOWN {% liquid\n comment\n HIDDEN\n endcomment\n %} SEEN',
  'kramdown’s comment': 'SHOWN\n\n{::comment}\nHIDDEN\n\nHIDDEN\n{:/comment}\n\nSEEN',
  'its short end': 'SHOWN\n\n{::comment}\nHIDDEN\n{:/}\n\nSEEN',
  'one in a line': 'SHOWN {::comment}HIDDEN{:/comment} SEEN',
  'one in a list': '- SHOWN\n- a {::comment}HIDDEN{:/} SEEN\n',
  'one that is indented in a list': '- SHOWN\n\n    {::comment}\n    HIDDEN\n    {:/comment}\n\n- SEEN',
  'one with code in it': 'SHOWN\n\n{::comment}\n```\nHIDDEN\n{:/comment}\n\nSEEN',
  'one over blank lines of a paragraph': 'SHOWN {::comment}\nHIDDEN\n\nHIDDEN{:/comment} SEEN',
  'one in raw': 'SHOWN {% raw %}{::comment}HIDDEN{:/comment}{% endraw %} SEEN',
  'a note as a definition': 'SHOWN\n\n[//]: # (HIDDEN)\n\nSEEN',
  'a note as a definition with spaces': 'SHOWN\n\n[//]: # HIDDEN for us\n[comment]: <> (HIDDEN)\n\nSEEN',
  'a note below a heading': '# SHOWN\n[//]: # HIDDEN for us\n\nSEEN',
  'a note in a list': '- SHOWN\n- [note]: HIDDEN for us\n- SEEN',
  'a comment of HTML': 'SHOWN <!-- HIDDEN\nHIDDEN --> SEEN',
  'a comment of HTML after code without an end': 'SHOWN\n\n```\nSEEN\n\n<!-- HIDDEN -->',
  'a comment without an end': 'SHOWN SEEN {% comment %} HIDDEN',
}

describe('what Jekyll hides of a body is in nothing that is made of it', () => {
  it.each(Object.entries(hiding))('%s', (_name, source) => {
    const rendered = jekyll(source)
    expect(JSON.stringify(rendered)).not.toContain('HIDDEN')
    for (const word of ['SHOWN', 'SEEN']) {
      for (const form of [rendered.content, rendered.text, rendered.markdown]) expect(form).toContain(word)
    }
    const excerpt = renderPost({ source: 'x', format: 'MARKDOWN', excerpt: source, dialect: 'JEKYLL' })
    expect(JSON.stringify(excerpt)).not.toContain('HIDDEN')
  })

  it.each([
    ['raw Liquid', '{% raw %}{% comment %}SHOWN{% endcomment %}{% endraw %}'],
    ['kramdown in fenced code', '```\n{::comment}SHOWN{:/comment}\n```'],
    ['kramdown in indented code', 'x\n\n    {::comment}SHOWN{:/comment}\n'],
    ['kramdown in a code span', 'x `{::comment}SHOWN{:/comment}` y'],
    ['an escaped brace', 'x \\{::comment}SHOWN{:/comment}'],
    ['a comment that does not end', 'x {::comment} SHOWN'],
    ['a definition that is used', '[SHOWN][1]\n\n[1]: /a b.png\n'],
    ['highlighted code', '{% highlight ruby %}SHOWN{% endhighlight %}'],
    ['text between two conditions', '{% if a %}x{% endif %}SHOWN{% if b %}y{% endif %}'],
    ['an output', '{{ site.x }} SHOWN {{ "{% comment %}" }}'],
  ])('but %s is shown', (_name, source) => {
    expect(jekyll(source).text).toContain('SHOWN')
  })

  it('the marker of the excerpt stays one', () => {
    expect(jekyll('a <!-- b -->\n\n<!--more-->\n\nc')).toMatchObject({
      excerptText: 'a',
      excerptSource: 'MORE_MARKER',
    })
  })

  it('in HTML only Liquid hides, and without Liquid only kramdown does', () => {
    const both = '{% comment %}LIQUID{% endcomment %}{::comment}KRAMDOWN{:/comment}'
    expect(jekyll(both, 'HTML').text).toBe('{::comment}KRAMDOWN{:/comment}')
    const text = (format: 'MARKDOWN' | 'HTML') =>
      renderPost({ source: both, format, dialect: 'KRAMDOWN' }).text
    expect(text('MARKDOWN')).toContain('LIQUID')
    expect(text('MARKDOWN')).not.toContain('KRAMDOWN')
    expect(text('HTML')).toContain('KRAMDOWN')
  })

  it('and a post that was written here shows whatever it says', () => {
    const { text } = renderPost({ source: hiding['a comment'] ?? '', format: 'MARKDOWN' })
    expect(text).toContain('HIDDEN')
  })

  it('Jekyll itself hides the same', ({ skip }) => {
    skip(noJekyll !== null, noJekyll ?? '')
    // Here the site is not built, or shows more than its author wanted.
    const { 'one over blank lines of a paragraph': _a, 'a comment without an end': _b, ...others } = hiding
    const script = `require "jekyll"; require "json"; require "kramdown-parser-gfm"
      puts JSON.parse($stdin.read).map { |source|
        markdown = Liquid::Template.parse(source).render!({ "a" => true })
        Kramdown::Document.new(markdown, input: "GFM").to_html.gsub(/<!--.*?-->/m, "") }.to_json`
    const input = JSON.stringify(Object.values(others).filter((source) => !source.includes('{% if')))
    const { stdout } = spawnSync('ruby', ['-e', script], { input, encoding: 'utf8' })
    for (const html of JSON.parse(stdout)) {
      expect(html).not.toContain('HIDDEN')
      expect(html).toContain('SHOWN')
    }
  })

  it.each([
    '{::comment}\n',
    '{% comment %}',
    '{% if %}',
    '`',
    '``` \n',
    '~~~~\n',
    '<!--',
    '{{',
    '{%',
    '* [a]: b\n\n',
  ])('a megabyte of %j takes no longer than it is long', (unit) => {
    const source = unit.repeat(1_000_000 / unit.length)
    const work = () => withoutHidden({ source, format: 'MARKDOWN', dialect: 'JEKYLL' })
    // A second at most; what looks at everything again for each of them takes hours.
    expect(cpuMsOf(work)).toBeLessThan(10_000)
  })
})

describe('real posts', () => {
  const folder = new URL('../../../shared/corpora/18f/posts/', import.meta.url)

  it('lose no word but those that are hidden', ({ skip }) => {
    skip(!existsSync(folder), 'the corpora are not beside this checkout')
    for (const file of readdirSync(folder).filter((name) => name.endsWith('.md'))) {
      const source = readFileSync(new URL(file, folder), 'utf8')
      if (/\{%|<!--|^\s*\*\[/m.test(source)) continue
      expect(jekyll(source).text, file).toBe(renderPost({ source, format: 'MARKDOWN' }).text)
    }
  })
})
