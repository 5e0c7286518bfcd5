import fc from 'fast-check'
import { getNamedType, isObjectType } from 'graphql'
import MarkdownIt from 'markdown-it'
import { describe, expect, inject, test } from 'vitest'
import { schema } from '../../src/graphql/schema.ts'
import { renderPost } from '../../src/markup/render.ts'
import type { PostSource } from '../../src/markup/rendered.ts'
import { highlight } from '../../src/search/highlight.ts'
import { withApp } from '../support/app.ts'
import { findBrowser, withBrowser } from '../support/browser.ts'
import { anyHostileHtml, anyHostileMarkdown, hostileHtml, hostileMarkdown } from '../support/hostile-html.ts'
import { judgeIn } from '../support/html-judge.ts'

const executable = findBrowser()
const reasonToSkip =
  inject('kind') === 'postgres'
    ? 'skipped: it is the same on both databases, and tested on the embedded one'
    : executable
      ? ''
      : 'SKIPPED: no chromium, chromium-browser or google-chrome is on PATH'

describe.skipIf(reasonToSkip)(
  `the HTML of a post in a browser ${reasonToSkip}`.trim(),
  { timeout: 120_000 },
  () => {
    const lent = withApp()
    const browser = withBrowser(executable ?? '')
    const judge = async (fragments: string[]) => {
      const judged = await judgeIn(await browser.visit(`${lent.app.url}/healthz`))
      return judged([...new Set(fragments)])
    }

    test('that no gate was before is told to be wrong, in every way', async () => {
      const judged = await judgeIn(await browser.visit(`${lent.app.url}/healthz`))
      for (const [wrong, html] of ungated) {
        const found = await judged([html])
        expect(found.map((finding) => finding.wrong).join('\n'), html).toContain(wrong)
      }
    })

    test('of thousands of hostile sources runs nothing, asks for nothing and has nothing that is not allowed', async () => {
      const sources = [...known, ...fc.sample(generated, 1_500)]
      const fragments = sources.flatMap(htmlOf)
      expect(new Set(fragments).size).toBeGreaterThan(3_000)
      expect(await judge(fragments)).toEqual([])
    })

    test('is the same through every field of the API that is HTML', async () => {
      expect(htmlFields).toEqual([
        'Post.content',
        'Post.excerpt',
        'PostRevision.content',
        'PostRevision.excerpt',
        'SearchEdge.highlight',
      ])
      const { admin } = lent.app
      const fragments: string[] = []
      for (const source of [...hostileHtml, ...hostileMarkdown].filter((_, index) => index % 10 === 0)) {
        const format = hostileHtml.includes(source) ? 'HTML' : 'MARKDOWN'
        const input = { title: source, source: `${source} pwned`, format, excerpt: source }
        const { data } = await admin.send<{ createPost: { post: { id: string } } }>(create, { input })
        const { id } = data?.createPost.post ?? {}
        const edited = { id, source: `edited ${source}` }
        const { data: answered, errors } = await admin.send(publishAndEdit, { id, input: edited })
        expect(errors).toEqual([])
        fragments.push(...stringsOf(answered))
      }
      const { data: found } = await admin.send(
        '{ search(query: "pwned", first: 100) { edges { highlight } } }',
      )
      expect(stringsOf(found).join()).toContain('<mark>pwned</mark>')
      expect(await judge([...fragments, ...stringsOf(found)])).toEqual([])
    })
  },
)

/** What is wrong with each, and would be found. */
const ungated = [
  ['runs a script', '<script>x=1</script>'],
  ['ran a script: alert', '<script>alert(1)</script>'],
  ['runs a script', '<p onclick="x()">'],
  ['element form', '<form></form>'],
  ['attribute onclick', '<p onclick="x()">'],
  ['attribute data-x', '<p data-x>'],
  ['href leads to javascript:', '<a href="&#1;java\tscript&colon;x">x</a>'],
  ['src leads to data:', '<img src="data:image/svg+xml,x">'],
  ['srcset leads to javascript:', '<img srcset="/a 1x,\njavascript:x 2x">'],
  ['frames http://elsewhere.example/', '<iframe src="//elsewhere.example">'],
  ['style position', '<p style="position:fixed">'],
  ['style background', '<p style="background:url(/x)">'],
  ['node svg', '<svg></svg>'],
  ['node #comment', '<!-- x -->'],
  ['an opener', '<a href="/" target="x">x</a>'],
  ['a shadow root', '<div><template shadowrootmode="open">x</template></div>'],
  ['breaks out of what it stands in', '</section>x'],
  ['asks for ftp:', '<img src="ftp://elsewhere.example/x">'],
] as const

const known: PostSource[] = [
  ...hostileHtml.map((source) => ({ source, format: 'HTML' as const, excerpt: source })),
  ...[...hostileHtml, ...hostileMarkdown].map((source) => ({
    source,
    format: 'MARKDOWN' as const,
    excerpt: source,
  })),
]

const generated: fc.Arbitrary<PostSource> = fc.oneof(
  fc.record({
    source: anyHostileHtml,
    format: fc.constant('HTML' as const),
    excerpt: fc.option(anyHostileHtml),
  }),
  fc.record({
    source: anyHostileMarkdown,
    format: fc.constant('MARKDOWN' as const),
    excerpt: fc.option(anyHostileMarkdown),
  }),
)

// A reader of the Markdown may let HTML through: what was text in the HTML is no markup to them, either.
const careless = new MarkdownIt('default', { html: true })

/** All HTML that is answered of a post, and what a careless reader makes of its Markdown. */
const htmlOf = (source: PostSource): string[] => {
  const { content, excerptHtml, text, markdown, excerptMarkdown } = renderPost(source)
  return [
    ...[content, excerptHtml, highlight(text, () => true), highlight(text, () => false)],
    ...[markdown, excerptMarkdown].map((written) => careless.render(written)),
  ]
}

const htmlFields = Object.values(schema.getTypeMap())
  .filter(isObjectType)
  .flatMap((type) =>
    Object.values(type.getFields()).map((field) => ({ name: `${type.name}.${field.name}`, field })),
  )
  .filter(
    ({ field }) =>
      getNamedType(field.type).name === 'HTML' ||
      field.args.some(({ type }) => getNamedType(type).name === 'ContentFormat'),
  )
  .map(({ name }) => name)
  .sort()

const create = `mutation ($input: CreatePostInput!) {
  createPost(input: $input) { ... on CreatePostPayload { post { id } } }
}`
const publishAndEdit = `mutation ($id: ID!, $input: UpdatePostInput!) {
  publishPost(input: { id: $id }) { ... on PublishPostPayload { post { content excerpt(format: HTML) } } }
  updatePost(input: $input) { ... on UpdatePostPayload { post { draft { content excerpt(format: HTML) } } } }
}`

const stringsOf = (value: unknown): string[] =>
  typeof value === 'string' ? [value] : Object.values(value ?? {}).flatMap(stringsOf)
