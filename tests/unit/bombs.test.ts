import { expect, test } from 'vitest'
import { CannotRender } from '../../src/markup/cannot-render.ts'
import { renderPost } from '../../src/markup/render.ts'
import { bombs } from '../support/bombs.ts'
import { cpuMsOf } from '../support/cpu-time.ts'

test.each(bombs)('a source of very many %s is rendered or refused in a moment', (_what, source) => {
  for (const format of ['HTML', 'MARKDOWN'] as const) {
    const render = () => {
      try {
        const { content, markdown } = renderPost({ source, format })
        expect(markdown.length).toBeLessThanOrEqual(content.length * 4 + 200)
      } catch (error) {
        expect(error).toBeInstanceOf(CannotRender)
      }
    }
    // Each took from ten seconds to for ever.
    expect(cpuMsOf(render)).toBeLessThan(6_000)
  }
})

test.each([
  ['headings', '<h1>a</h1>'],
  ['images', '<img src="/a">'],
])('more %s than any post has are refused with their number', (what, one) => {
  expect(() => renderPost({ source: one.repeat(10_001), format: 'HTML' })).toThrow(
    `The source makes HTML of 10001 ${what}; at most 10000 are kept. Split it into several posts.`,
  )
})
