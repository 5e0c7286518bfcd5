import type { Post } from '../db/generated/client.ts'
import { pastOf } from '../events/before-state.ts'
import { type EventType, mayBePublic } from '../events/catalog.ts'
import { eitherOf } from '../events/filter-matching.ts'
import type { EventDraft } from '../events/outbox.ts'
import { keepTexts } from '../events/state-texts.ts'
import { type Kind, kindNames, kinds } from '../taxonomy/kinds.ts'
import { isTree, tableOf } from '../taxonomy/shared/rows.ts'
import { lineOf } from '../taxonomy/shared/tree.ts'
import { type Site, termPath } from '../urls/site-paths.ts'
import type { Write } from '../write/write.ts'
import { postFieldNames, postFields, readValues } from './fields/fields.ts'
import type { LockedPost } from './load-for-update.ts'
import type { NamedTerm, PostState } from './revisions/snapshot.ts'

/**
 * Records what happened to a post. What is live before and after decides what is stale: every page and every cache tag
 * that the post was on and is now on.
 *
 * @param reason for people: why it ended otherwise than somebody asked for; null when there is nothing to say.
 */
export const recordPostEvent = async (
  w: Write,
  type: EventType,
  before: LockedPost | null,
  after: PostState,
  changedFields: string[],
  reason: string | null = null,
): Promise<void> => {
  // What was not live is nobody's business but the editors', who find it in the revisions.
  const shown = mayBePublic(type) ? [before, after].filter(isLive) : []
  w.record({
    type,
    subjectId: after.post.id,
    subjectVersion: Math.max(after.post.version, after.post.headVersion),
    changedFields,
    previous: before && shown.includes(before) ? previousValues(before, changedFields) : null,
    ...(before && (await stateOf(w, before))),
    invalidates: unique([...(await Promise.all(shown.map((state) => tagsOf(w, state)))), after.shown ?? []]),
    paths: unique(shown.map((state) => pathsOf(w.site, state))),
    filterMatches: eitherOf(before?.filterMatches ?? null, await w.matchFilters(after.post.id)),
    detail: reason === null ? undefined : { reason },
    isPublic: shown.length > 0 || (type === 'post.deleted' && after.post.wasPublic),
  } satisfies EventDraft)
}

const isLive = (state: PostState | null): state is PostState => state?.post.status === 'PUBLISHED'

/** The columns of a post that may be large: the event keeps them apart, and together with those of the events beside it. */
export const textFields = [
  'source',
  'content',
  'contentText',
  'contentMarkdown',
  'excerptManual',
  'excerptHtml',
  'excerptText',
  'excerptMarkdown',
  'images',
  'headings',
  'metadata',
] as const satisfies (keyof Post)[]

/** What the event keeps of a post before it: its row, and the ids of its terms. */
const stateOf = async (w: Write, state: PostState) => {
  const { post } = state
  const texts = Object.fromEntries(textFields.map((field) => [field, post[field]]))
  const termIds = byName('idsField', (kind) => termsOf(state, kind).map(({ id }) => id))
  const isLight = ([field, value]: [string, unknown]) => value !== null && !(field in texts)
  const before = pastOf({ ...Object.fromEntries(Object.entries(post).filter(isLight)), ...termIds })
  return { before, beforeTextId: await keepTexts(w.tx, post.id, texts, w.now) }
}

/** A value of each kind, by one of its names. */
const byName = (name: 'plural' | 'idsField', of: (kind: Kind) => unknown): Record<string, unknown> =>
  Object.fromEntries(kindNames.map((kind) => [kinds[kind][name], of(kind)]))

const termsOf = (state: PostState, kind: Kind): NamedTerm[] => state[kinds[kind].plural]

const previousValues = (before: PostState, fields: string[]): Record<string, unknown> => {
  const told = postFieldNames.filter((name) => !postFields[name].isLeftOutOfEvents)
  const written = readValues(before.post)
  const values: Record<string, unknown> = {
    ...Object.fromEntries(told.map((name) => [name, written[name]])),
    path: before.post.path,
    status: before.post.status,
    ...byName('plural', (kind) => termsOf(before, kind).map(({ slug }) => slug)),
  }
  return Object.fromEntries(fields.filter((field) => field in values).map((field) => [field, values[field]]))
}

const tagsOf = async (w: Write, state: PostState): Promise<string[]> => {
  const tags = [state.post.id, 'posts']
  for (const kind of kindNames) {
    const terms = termsOf(state, kind)
    tags.push(...(isTree(kind) ? await ancestorsOf(w, kind, terms) : terms).map(({ id }) => id))
  }
  return tags
}

/** The terms of a tree with those above them. */
const ancestorsOf = async ({ tx }: Write, kind: Kind, terms: NamedTerm[]): Promise<{ id: string }[]> => {
  const above = terms.flatMap(({ slugPath }) => lineOf(slugPath).slice(0, -1))
  if (above.length === 0) return terms
  const rows = await tableOf(tx, kind).findMany({ where: { slugPath: { in: above } }, select: { id: true } })
  return [...terms, ...rows]
}

const pathsOf = (site: Site, state: PostState): string[] => [
  state.post.path,
  '/',
  ...kindNames.flatMap((kind) =>
    termsOf(state, kind)
      .flatMap(({ slugPath }) => lineOf(slugPath))
      .map((slugPath) => termPath(site, kind, slugPath)),
  ),
]

const unique = (lists: string[][]): string[] => [...new Set(lists.flat())]
