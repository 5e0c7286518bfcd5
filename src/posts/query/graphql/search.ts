import type { OutputShape } from '@pothos/core'
import { type Connection, readPage, toConnection } from '../../../db/page.ts'
import { readerOf } from '../../../graphql/limits/answer-size.ts'
import { builder, type SchemaTypes } from '../../../graphql/schema/builder.ts'
import { nodePaths, PageInfo } from '../../../graphql/schema/connection.ts'
import type { Context } from '../../../graphql/schema/context.ts'
import { columnsOf, fieldsOf, selectOf } from '../../../graphql/schema/select.ts'
import { highlight } from '../../../search/highlight.ts'
import { lookUp, matchingAny, matchingTitles, readSearch } from '../../../search/query.ts'
import type { SoughtWord } from '../../../search/words.ts'
import { wordsIn } from '../../../search/words.ts'
import { Post } from '../../graphql/post.ts'
import { isFoundBy } from '../filter-sql.ts'
import { countOf, type List } from '../pages.ts'
import { pageOfHits, searchOrdering } from '../search.ts'
import { visibleToSql } from '../visibility.ts'
import { PostFilter } from './filter.ts'
import { countedSet } from './lists.ts'

type Row = OutputShape<SchemaTypes, typeof Post> & { id: string; rank: number }
type Hit = { cursor: string; node: Row; words: SoughtWord[] }
type SearchPage = Omit<Connection<Row>, 'edges'> & { edges: Hit[] }

const SearchEdge = builder.objectRef<Hit>('SearchEdge').implement({
  description: 'A post that was found.',
  fields: (t) => ({
    cursor: t.exposeString('cursor', { description: 'Opaque. Pass it as `after` with the same query.' }),
    node: t.field({ type: Post, description: 'The post itself.', resolve: (edge) => edge.node }),
    rank: t.float({
      description:
        'How well it fits, from 0 upwards; it compares hits of one search. A word counts most in the title, then in names of authors, categories and tags, in the excerpt and in the body.',
      resolve: (edge) => edge.node.rank,
    }),
    highlight: t.loadable({
      type: 'HTML',
      // The text of a whole post is read for it.
      extensions: { lists: 1 },
      description:
        'The passage of the body that has the most of the words, which stand in `<mark>`; all else is escaped. The beginning of the body when they are only elsewhere.',
      resolve: (edge) => edge,
      load: (edges: Hit[], context) => highlightsOf(edges, context),
    }),
  }),
})

const SearchConnection = builder.objectRef<SearchPage>('SearchConnection').implement({
  description: 'A page of posts that were found, best first.',
  fields: (t) => ({
    edges: t.field({
      type: [SearchEdge],
      description: 'The hits of the page, each with its rank and its passage.',
      resolve: (page) => page.edges,
    }),
    nodes: t.field({
      type: [Post],
      description: 'The posts of the page alone.',
      resolve: (page) => page.edges.map((edge) => edge.node),
    }),
    pageInfo: t.field({
      type: PageInfo,
      description: 'Where the page begins and ends.',
      resolve: (page) => page.pageInfo,
    }),
    totalCount: t.int({
      description:
        'How many posts match, exactly, also beyond the 10,000 that are ranked; counted only when asked for.',
      resolve: (page) => page.totalCount(),
    }),
  }),
})

builder.queryField('search', (t) =>
  t.field({
    type: SearchConnection,
    // It ranks all its hits for each page.
    extensions: { lists: 100 },
    description:
      'Posts that have all words of the query, best first, ties by id. Of more than 10,000 hits the newest 10,000 are ranked. Capitals, accents and signs make no difference, the last word may go on, and there are no operators.',
    args: {
      query: t.arg.string({
        required: true,
        description: 'Words, at most 500 characters; without a letter or digit it finds nothing.',
      }),
      first: t.arg.int({ description: 'How many from the front: 0 to 100; 20 without it.' }),
      after: t.arg.string({ description: 'A cursor of the same query: only what comes after it.' }),
      filter: t.arg({ type: PostFilter, description: 'Among which posts; without it the published ones.' }),
    },
    resolve: async (_root, { query: text, first, after, filter }, context, info) => {
      const words = readSearch(text, 'query')
      const page = readPage({ first, after }, searchOrdering(words))
      const set = await countedSet(context, info, filter)
      const { db, site } = context
      const [found = { few: [] }] = await lookUp(db, words.length > 0 ? [words] : [], site.searchLanguage)
      const select = selectOf(context, info, 'Post', { id: true }, nodePaths)
      const any = matchingAny(words, site.searchLanguage)
      const title = matchingTitles(words, site.searchLanguage)
      const statement = pageOfHits(set, { found, any, title }, page, columnsOf(select, 'posts'))
      const rows = await readerOf(context, info)<Row>(statement, ['rank', ...fieldsOf(select)])
      const hits: List = { key: '', where: () => isFoundBy(found) }
      const connection = toConnection(rows, page, () => countOf(db, set, hits))
      return { ...connection, edges: connection.edges.map((edge) => ({ ...edge, words })) }
    },
  }),
)

// Two pages, in which most passages are. Every further one has to be read, cut into words and compared.
const firstPart = 5_000
// Beyond ten pages a passage would not be the best of many.
const longestPart = 20_000

/** Of all hits of a request: one that has several names, or is in several pages, is read once. */
const highlightsOf = async (edges: Hit[], context: Context): Promise<string[]> => {
  const searches = Map.groupBy(edges, ({ words }) => JSON.stringify(words))
  const found = new Map<string, Map<string, Passage>>()
  for (const [key, some] of searches) found.set(key, await passagesOf(some, context))
  return edges.map(({ words, node }) => found.get(JSON.stringify(words))?.get(node.id)?.html ?? '')
}

/**
 * Two statements, however many hits: the texts, and which of their words the database takes for those sought. Two more for
 * those in whose beginning some of the words are not.
 */
const passagesOf = async (edges: Hit[], context: Context): Promise<Map<string, Passage>> => {
  const sought = edges[0]?.words ?? []
  const ids = [...new Set(edges.map((edge) => edge.node.id))]
  const found = await passagesIn(ids, firstPart, sought, context)
  const further = ids.filter((id) => found.get(id)?.isWhole !== true)
  if (further.length > 0)
    for (const [id, passage] of await passagesIn(further, longestPart, sought, context))
      found.set(id, passage)
  return found
}

type Passage = { html: string /** Whether there is nothing better further behind. */; isWhole: boolean }

const passagesIn = async (
  ids: string[],
  length: number,
  sought: SoughtWord[],
  { db, site, viewer }: Context,
): Promise<Map<string, Passage>> => {
  const texts = await db.$queryRaw<{ id: string; text: string }[]>`
    SELECT id, left(content_text, ${length}) AS text FROM posts
    WHERE id = ANY(${ids}::text[]) AND ${visibleToSql(viewer)}`
  const ofEach = texts.map(({ id, text }) => ({
    id,
    text,
    words: new Set([...wordsIn(text)].map(({ word }) => word)),
  }))
  const all = [...new Set(ofEach.flatMap(({ words }) => [...words]))]
  // Without stems a word that is found has what was sought in it.
  const candidates =
    site.searchLanguage === 'simple'
      ? all.filter((word) => sought.some((one) => word.includes(one.word)))
      : all
  const matching = await db.$queryRaw<{ word: string }[]>`
    SELECT word FROM unnest(${candidates}::text[]) AS word
    WHERE to_tsvector('simple', word) || to_tsvector(${site.searchLanguage}::text::regconfig, word)
      @@ ${matchingAny(sought, site.searchLanguage)}`
  const hits = new Set(matching.map(({ word }) => word))
  return new Map(
    ofEach.map(({ id, text, words }) => {
      const found = [...words].filter((word) => hits.has(word)).length
      const isWhole = text.length < length || length === longestPart || found >= sought.length
      return [id, { html: highlight(text, (word) => hits.has(word)), isWhole }]
    }),
  )
}
