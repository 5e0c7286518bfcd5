import fc from 'fast-check'
import { expect, test } from 'vitest'
import { renderPost } from '../../src/markup/render.ts'
import type { PostSource } from '../../src/markup/rendered.ts'
import { sanitise } from '../../src/markup/sanitise/sanitise.ts'
import { oddHtml, oddMarkdown } from '../support/markup.ts'

const sources: fc.Arbitrary<PostSource> = fc.oneof(
  fc.record({ source: oddHtml, format: fc.constant('HTML' as const), excerpt: fc.option(oddHtml) }),
  fc.record({
    source: oddMarkdown,
    format: fc.constant('MARKDOWN' as const),
    excerpt: fc.option(oddMarkdown),
  }),
)

/** All HTML that is stored of a post, and what becomes of its Markdown when that is rendered. */
const htmlOf = (source: PostSource): string[] => {
  const { content, excerptHtml, markdown, excerptMarkdown } = renderPost(source)
  const again = renderPost({ source: markdown, format: 'MARKDOWN', excerpt: excerptMarkdown })
  return [content, excerptHtml, again.content, again.excerptHtml]
}

test('to sanitise what is stored again changes nothing', () => {
  fc.assert(
    fc.property(sources, (source) => {
      for (const html of htmlOf(source)) expect(sanitise(html)).toBe(html)
    }),
    { numRuns: 200 },
  )
})
