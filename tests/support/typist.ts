/** Somebody who writes: words that hardly compress, typed where the cursor is, which moves now and then. */
export const typist = (length: number, seed = 1) => {
  let state = seed
  const below = (most: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    return Math.floor((state / 2 ** 31) * most)
  }
  const word = () => below(36 ** 5).toString(36)
  let text = ''
  while (text.length < length) text += `${word()}${below(12) === 0 ? '.\n\n' : ' '}`
  let cursor = below(text.length)
  return {
    text: () => text,
    /** What one types in six seconds, or deletes. */
    type: () => {
      if (below(5) === 0) cursor = below(text.length)
      const typed = below(8) === 0 ? '' : `${word()} ${word()} ${word()} ${word()} ${word()} `
      text = text.slice(0, cursor) + typed + text.slice(cursor + (typed ? 0 : 20))
      cursor += typed.length
    },
  }
}
