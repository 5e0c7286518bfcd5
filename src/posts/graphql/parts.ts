import { builder } from '../../graphql/schema/builder.ts'

export type ImageShape = {
  url: string
  alt?: string | null
  title?: string | null
  width?: number | null
  height?: number | null
}

export const Image = builder.objectRef<ImageShape>('Image').implement({
  description: 'An image of a post.',
  fields: (t) => ({
    url: t.exposeString('url', {
      description: 'Where it is: absolute, or relative to the site as it was written.',
    }),
    alt: t.exposeString('alt', {
      nullable: true,
      description: 'What stands in for it; null when nothing was written.',
    }),
    title: t.exposeString('title', {
      nullable: true,
      description: 'Its title attribute; null when it has none.',
    }),
    width: t.exposeInt('width', {
      nullable: true,
      description: 'In CSS pixels, as written; null when unknown.',
    }),
    height: t.exposeInt('height', {
      nullable: true,
      description: 'In CSS pixels, as written; null when unknown.',
    }),
  }),
})

export type HeadingShape = { level: number; id: string; text: string }

export const Heading = builder.objectRef<HeadingShape>('Heading').implement({
  description: 'A heading in the content of a post.',
  fields: (t) => ({
    level: t.exposeInt('level', { description: '1 to 6, as in h1 to h6.' }),
    id: t.exposeString('id', { description: 'The id attribute in the content: link to it with `#id`.' }),
    text: t.exposeString('text', { description: 'Its plain text.' }),
  }),
})

type SeoShape = {
  title: string | null
  description: string | null
  canonicalUrl: string | null
  noindex: boolean
}

export const Seo = builder.objectRef<SeoShape>('Seo').implement({
  description: 'What search engines should be told about a post.',
  fields: (t) => ({
    title: t.exposeString('title', {
      nullable: true,
      description: 'For the title element; null = use the title.',
    }),
    description: t.exposeString('description', {
      nullable: true,
      description: 'For the description meta element; null = use the excerpt.',
    }),
    canonicalUrl: t.exposeString('canonicalUrl', {
      nullable: true,
      description: 'The URL that should be indexed instead; null = the own one.',
    }),
    noindex: t.exposeBoolean('noindex', { description: 'Whether search engines should leave it out.' }),
  }),
})

type OriginShape = {
  postId: string
  source: string
  sourceId: string | null
  path: string
  dateText: string | null
}

export const Origin = builder.objectRef<OriginShape>('Origin').implement({
  description: 'Where an imported post came from.',
  fields: (t) => ({
    source: t.exposeString('source', { description: "The import's name." }),
    id: t.exposeString('sourceId', {
      nullable: true,
      description: 'The id it had there; null when it had none.',
    }),
    path: t.exposeString('path', { description: 'The path of the file within the import.' }),
    dateText: t.exposeString('dateText', {
      nullable: true,
      description: 'Its date exactly as it was written; null when it had none.',
    }),
  }),
})
