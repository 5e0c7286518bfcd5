import { builder } from '../../graphql/schema/builder.ts'

export const PostStatus = builder.enumType('PostStatus', {
  description: 'Where a post stands.',
  values: {
    DRAFT: { description: 'Being written, or taken back. Not public.' },
    SCHEDULED: { description: 'Will be published at `scheduledAt`. Not public yet.' },
    PUBLISHED: { description: 'Public: everyone sees what is live of it.' },
    TRASHED: { description: 'Thrown away; it can be restored until it is deleted. Not public.' },
  } as const,
})

export const SourceFormat = builder.enumType('SourceFormat', {
  description: 'What the source of a post is written in.',
  values: {
    MARKDOWN: { description: 'CommonMark with tables and strikethrough; HTML in it is kept and sanitised.' },
    HTML: { description: 'HTML; what readers get of it is sanitised.' },
  } as const,
})

export const ContentFormat = builder.enumType('ContentFormat', {
  description: 'The form in which content is answered.',
  values: {
    HTML: { description: 'Sanitised HTML, safe to put into a page as it is.' },
    TEXT: { description: 'Plain text: entities decoded once, blocks on lines of their own.' },
    MARKDOWN: {
      description:
        'CommonMark with tables and strikethrough, made from the sanitised HTML whatever the post was written in; what Markdown has no word for is left out. Of a body of more than 10,000 elements, or one that would be four times as long as its HTML, it is the text alone, escaped.',
    },
  } as const,
})

export const ExcerptSource = builder.enumType('ExcerptSource', {
  description: 'How an excerpt came about.',
  values: {
    MANUAL: { description: 'An author wrote it.' },
    MORE_MARKER: { description: 'It is what stands before `<!--more-->`.' },
    AUTOMATIC: { description: 'It is the first words of the content.' },
  } as const,
})
