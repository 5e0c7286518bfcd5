// Adults read English at 238 words a minute on average (Brysbaert 2019); rounded down for technical text.
const wordsPerMinute = 230

/** How long a text of so many words takes to read, in whole minutes and at least one. */
export const readingMinutes = (wordCount: number): number =>
  Math.max(1, Math.ceil(wordCount / wordsPerMinute))
