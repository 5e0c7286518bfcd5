import { Author } from '../../taxonomy/author/graphql/author.ts'
import { Category } from '../../taxonomy/category/graphql/category.ts'
import type { Kind } from '../../taxonomy/kinds.ts'
import type { AnyTerm } from '../../taxonomy/shared/graphql/term-object.ts'
import { Tag } from '../../taxonomy/tag/graphql/tag.ts'

/** What the fields of a kind of term that posts have, and those of its terms that have posts, say of themselves. */
type TermType = {
  Term: unknown
  /** Of a post, a revision, and the inputs of both: a filter and what is written. */
  onPost: string
  onRevision: string
  filter: string
  input: string
  /** Of the term itself. */
  posts: string
  postCount: string
}

const types: Record<Kind, TermType> = {
  author: {
    Term: Author,
    onPost: 'Who wrote it, in the written order; the first is the main author.',
    onRevision: 'Who wrote it, in the written order; an author who was deleted since is left out.',
    filter: 'By those who wrote it.',
    input: 'Slugs of authors, at most 100; the first is the main author.',
    posts: 'Their published posts, newest first.',
    postCount: 'How many of their posts the caller can see in lists.',
  },
  category: {
    Term: Category,
    onPost: 'The categories it is filed under, in the written order.',
    onRevision:
      'The categories it was filed under, in the written order; one that was deleted since is left out.',
    filter: 'By the categories it is filed under.',
    input: 'Slugs or names of categories that exist, at most 100.',
    posts: 'Published posts of this category, newest first.',
    postCount: 'How many posts in this category and those below it the caller can see in lists.',
  },
  tag: {
    Term: Tag,
    onPost: 'The tags it bears, in the written order.',
    onRevision: 'The tags it bore, in the written order; one that was deleted since is left out.',
    filter: 'By the tags it bears.',
    input: 'Slugs or names of tags, at most 100; unknown ones are created.',
    posts: 'Published posts with this tag, newest first.',
    postCount: 'How many posts with this tag the caller can see in lists.',
  },
}

export const termTypes = types as Record<Kind, TermType & { Term: AnyTerm }>
