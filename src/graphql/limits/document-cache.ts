import type { DocumentNode } from 'graphql'
import { LRUCache } from 'lru-cache'

/** A cache in the shape that Yoga's `parserAndValidationCache` takes. */
type Cache<T> = { get(key: string): T | undefined; set(key: string, value: T): void }

/**
 * The caches for Yoga's `parserAndValidationCache`. Yoga's own keep 1,024 documents whatever their size: with the
 * largest that the limits allow (0.8 MB as a tree) that is more memory than a small machine has.
 * What is not GraphQL is not kept: to fail again costs less than to remember 20,000 characters.
 */
export const parserCaches = ({ tokens = defaultTokens, onLookUp = () => undefined }: Options = {}) => {
  const documentCache = documentsUpTo(tokens, onLookUp)
  const errorCache: Cache<unknown> = { get: () => undefined, set: () => undefined }
  return { documentCache, errorCache, validationCache: true }
}

type Options = {
  tokens?: number
  /** Told of every look-up, for the metrics. */
  onLookUp?: (result: 'hit' | 'miss') => void
}

// About 0.43 KB a token, so some 45 MB at most; room for 500 documents of 200 tokens, as front ends send them.
const defaultTokens = 100_000

/** Keeps the documents that were used last, up to a sum of tokens. */
const documentsUpTo = (maxSize: number, onLookUp: (result: 'hit' | 'miss') => void): Cache<DocumentNode> => {
  const kept = new LRUCache<string, DocumentNode>({
    maxSize,
    sizeCalculation: (document, source) => weight(source, document),
  })
  return {
    get: (source) => {
      const document = kept.get(source)
      onLookUp(document ? 'hit' : 'miss')
      return document
    },
    set: (source, document) => void kept.set(source, document),
  }
}

/** In tokens; comments and blanks, which make none, weigh as much as their characters do beside a token's 0.43 KB. */
const weight = (source: string, document: DocumentNode): number =>
  (document.tokenCount ?? source.length) + Math.ceil(source.length / 200)
