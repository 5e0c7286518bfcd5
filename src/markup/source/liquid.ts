/** A part of a source: text that Jekyll's Liquid shows or leaves as it is, or what it does not show. */
export type LiquidPart = { at: number; text: string; hiddenBy: string | null }

/**
 * What readers of a Jekyll site see of a source as far as Liquid decides it, without running it: comments and what only
 * sets variables are gone, and so is whatever stands under a condition, since only the site knows which branch is shown.
 * Inside `{% raw %}` nothing is Liquid. Other tags stay as text.
 */
export const withoutHiddenLiquid = (source: string): string =>
  mayHide.test(source)
    ? liquidParts(source)
        .map(({ text, hiddenBy }) => (hiddenBy === null ? text : ''))
        .join('')
    : source

/** The source in parts, in its order; those that are hidden name the tag that hides them. */
export const liquidParts = (source: string): LiquidPart[] => {
  const parts: LiquidPart[] = []
  // The tags that are open and hide what is in them, the outermost first.
  const open: string[] = []
  let begin = 0
  let trims = false
  const add = (end: number, hiddenBy: string | null) => {
    const written = source.slice(begin, end)
    const text = hiddenBy === null && trims ? written.trimStart() : written
    if (text !== '') parts.push({ at: end - text.length, text, hiddenBy })
    begin = end
    trims = false
  }
  for (let at = 0; ; ) {
    const token = nextToken(source, at)
    if (token === null) break
    const { start, end, name } = token
    at = end
    if (name === 'raw' && open.length === 0) at = endOfRaw(source, end)
    else if (open.length > 0) {
      const [outermost = ''] = open
      if (name === 'raw') at = endOfRaw(source, end)
      else if (name === `end${open.at(-1)}`) open.pop()
      else if (nests(open.at(-1), name)) open.push(name)
      if (open.length > 0) continue
      add(end, outermost)
      trims = token.trimsAfter
    } else if (hidingBlocks.has(name) || hidingTags.has(name)) {
      add(start, null)
      const last = parts.at(-1)
      if (token.trimsBefore && last?.hiddenBy === null) last.text = last.text.trimEnd()
      if (hidingBlocks.has(name)) open.push(name)
      else {
        add(end, name)
        trims = token.trimsAfter
      }
    }
  }
  // What is never closed is no site's: Jekyll builds nothing of it.
  add(source.length, open[0] ?? null)
  return parts
}

/** Hidden for what it is, and no news to anybody: not because only Jekyll could tell whether it is shown. */
export const isLiquidComment = (name: string): boolean => !conditions.has(name)

const conditions = new Set(['if', 'unless', 'case', 'for', 'tablerow', 'ifchanged'])
const hidingBlocks = new Set([...conditions, 'comment', 'doc', 'capture'])
// `liquid` is lines of tags in one tag, comments among them.
const hidingTags = new Set(['#', 'assign', 'liquid'])

const mayHide =
  /\{%-?\s*(?:#|(?:if|unless|case|for|tablerow|ifchanged|comment|doc|capture|assign|liquid)\b)|\{\{/

/** In a comment only comments count; elsewhere all that has an end. */
const nests = (within: string | undefined, name: string): boolean =>
  within === 'comment' || within === 'doc' ? name === within : hidingBlocks.has(name)

type Token = { start: number; end: number; name: string; trimsBefore: boolean; trimsAfter: boolean }

/** The next `{% tag %}`; what stands in `{{ }}` is none. One without an end hides what it would hide, to the last letter. */
const nextToken = (source: string, from: number): Token | null => {
  for (let at = from; ; ) {
    const start = source.indexOf('{', at)
    if (start < 0) return null
    const second = source[start + 1]
    if (second === '{') {
      at = endOfOutput(source, start)
      // Nothing after it has an end.
      if (at < 0) return null
    } else if (second === '%') {
      const close = source.indexOf('%}', start + 2)
      const end = close < 0 ? source.length : close + 2
      tagName.lastIndex = start
      const [, name = ''] = tagName.exec(source) ?? []
      const trimsAfter = close >= 0 && source[close - 1] === '-'
      return { start, end, name, trimsBefore: source[start + 2] === '-', trimsAfter }
    } else at = start + 1
  }
}

const tagName = /\{%-?\s*(#|\w+)/y

/** Liquid ends `{{` at the first brace. */
const endOfOutput = (source: string, start: number): number => {
  const close = source.indexOf('}', start + 2)
  if (close < 0) return -1
  return source[close + 1] === '}' ? close + 2 : close + 1
}

const endOfRaw = (source: string, from: number): number => {
  for (let at = from; ; ) {
    const start = source.indexOf('{%', at)
    if (start < 0) return source.length
    tagName.lastIndex = start
    const isEnd = tagName.exec(source)?.[1] === 'endraw'
    const close = isEnd ? source.indexOf('%}', start) : -1
    if (close >= 0) return close + 2
    at = start + 2
  }
}
