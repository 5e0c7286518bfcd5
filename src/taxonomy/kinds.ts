/**
 * The kinds of things that posts are linked to, a row each; a thing of one of them is a term here, authors included. What
 * filters, links, counts, redirects, indexes, tells of or imports terms reads this table. A kind's own name is the prefix of
 * its ids, and its rows' in Prisma.
 */
export const kinds = {
  author: {
    type: 'Author',
    plural: 'authors',
    links: 'post_authors',
    idColumn: 'author_id',
    idField: 'authorId',
    idsField: 'authorIds',
    pathSetting: 'AUTHOR_PATH',
    pathRank: 3,
    isTree: false,
    hasOneSpelling: false,
    canMerge: false,
    isFoundByName: false,
    isMadeByPosts: false,
    relatesPosts: false,
    fields: { bio: 'text', websiteUrl: 'url', avatarUrl: 'url' },
  },
  category: {
    type: 'Category',
    plural: 'categories',
    links: 'post_categories',
    idColumn: 'category_id',
    idField: 'categoryId',
    idsField: 'categoryIds',
    pathSetting: 'CATEGORY_PATH',
    pathRank: 1,
    isTree: true,
    hasOneSpelling: false,
    canMerge: true,
    isFoundByName: true,
    isMadeByPosts: false,
    relatesPosts: true,
    fields: { description: 'text' },
  },
  tag: {
    type: 'Tag',
    plural: 'tags',
    links: 'post_tags',
    idColumn: 'tag_id',
    idField: 'tagId',
    idsField: 'tagIds',
    pathSetting: 'TAG_PATH',
    pathRank: 2,
    isTree: false,
    hasOneSpelling: true,
    canMerge: true,
    isFoundByName: true,
    isMadeByPosts: true,
    relatesPosts: true,
    fields: { description: 'text' },
  },
} as const satisfies Record<string, KindRow>

type KindRow = {
  /** The GraphQL type, and the subject of its events. */
  type: string
  /** The table, the lists and the filter of posts, and the collective cache tag: another word than the kind's own. */
  plural: string
  /** The table that links posts to it. */
  links: string
  /** What a link and a redirect call its id, in SQL and in Prisma. */
  idColumn: string
  idField: string
  /** What a snapshot of a post calls the ids of its terms. */
  idsField: string
  /** The setting that says what the paths of its pages are made of. */
  pathSetting: string
  /** Where the pages of two kinds may have one path, that of the lower one is found. */
  pathRank: number
  /** Whether its terms stand below each other: a post of one is a post of those above it as well. */
  isTree: boolean
  /** Whether a name, in any case, belongs to one term alone. */
  hasOneSpelling: boolean
  /** Whether several can be made one. */
  canMerge: boolean
  /** Whether a post may name one by its name, too, and not by its slug alone. */
  isFoundByName: boolean
  /** Whether a post makes those that it names and that there are not yet. An import makes them of every kind. */
  isMadeByPosts: boolean
  /** Whether posts that share one are related. */
  relatesPosts: boolean
  /** What is written of it beside its name and its slug. */
  fields: Record<string, 'text' | 'url'>
}

export type Kind = keyof typeof kinds
/** The kinds of which something is true, such as `KindWith<'isTree'>`. */
export type KindWith<Trait extends keyof KindRow> = {
  [K in Kind]: (typeof kinds)[K][Trait] extends false ? never : K
}[Kind]

/** A value for each kind under one of its names, such as `ByName<'plural', string[]>`. */
export type ByName<Name extends 'plural' | 'idsField', Value> = Record<(typeof kinds)[Kind][Name], Value>

/** The names of the kinds, in the order in which a post's are written down and indexed. */
export const kindNames = Object.keys(kinds) as Kind[]

/** A list of something of each kind. */
export const eachKind = <Value>(of: (kind: Kind) => Value): Record<Kind, Value> =>
  Object.fromEntries(kindNames.map((kind) => [kind, of(kind)])) as Record<Kind, Value>
