import type { Tx } from '../../db/client.ts'
import type { PostStatus } from '../../db/generated/client.ts'
import { slugify } from '../../urls/slug.ts'
import type { ImportedPost } from '../entry.ts'

/** A post that an earlier run of the same import brought in. */
export type KnownPost = {
  postId: string
  /** The file that it was in, and what that file's post was; see `checksumOf`. */
  file: string
  checksum: string
  sourceId: string | null
  guid: string | null
  slug: string
  title: string
  publishedAt: Date | null
  dateText: string | null
  status: PostStatus
}

/** Everything that earlier runs of the import brought in, in one statement. */
export const knownPosts = async (tx: Tx, source: string): Promise<KnownPosts> => {
  const rows = await tx.postOrigin.findMany({
    where: { source },
    orderBy: { path: 'asc' },
    select: {
      postId: true,
      path: true,
      checksum: true,
      sourceId: true,
      dateText: true,
      post: { select: { guid: true, slug: true, title: true, publishedAt: true, status: true } },
    },
  })
  return new KnownPosts(rows.map(({ path, post, ...row }) => ({ ...row, ...post, file: path })))
}

/**
 * Recognises posts. The file decides: what is in the same file is the same post. A file that is new may hold a post that
 * was in another one, if that is gone and two of id, guid, slug, title and date say so: one would not be enough, since
 * ids begin at 1 in every blog and titles repeat.
 */
export class KnownPosts {
  readonly #byFile: Map<string, KnownPost>
  readonly #byKey: Map<string, KnownPost[]>
  readonly #seen = new Set<string>()

  constructor(posts: KnownPost[]) {
    this.#byFile = new Map(posts.map((post) => [post.file, post]))
    const keyed = posts.flatMap((post) => keysOf(post).map((key) => ({ key, post })))
    this.#byKey = new Map(
      [...Map.groupBy(keyed, ({ key }) => key)].map(([key, found]) => [key, found.map(({ post }) => post)]),
    )
  }

  at(file: string): KnownPost | null {
    return this.#byFile.get(file) ?? null
  }

  /** Says that the run has come across the file, so that it is not gone. */
  saw(file: string): void {
    this.#seen.add(file)
  }

  /** Whether the post is one of another file that the run has not come across so far. */
  mayHaveMoved(post: ImportedPost): boolean {
    return this.#similar(post).length > 0
  }

  /**
   * The post that has been moved to this file, when the run has come across all files; null when there is none, or when
   * it could be one as well as another. No other file can be it afterwards.
   */
  movedTo(post: ImportedPost): KnownPost | null {
    const similar = this.#similar(post)
    const best = Math.max(0, ...similar.map((known) => agreementOf(known, post)))
    const [found, another] = similar.filter((known) => agreementOf(known, post) === best)
    if (!found || another) return null
    this.#seen.add(found.file)
    return found
  }

  #similar(post: ImportedPost): KnownPost[] {
    const found = keysOf({ ...post, slug: slugOf(post) }).flatMap((key) => this.#byKey.get(key) ?? [])
    return [...new Set(found)].filter(
      (known) => !this.#seen.has(known.file) && agreementOf(known, post) >= enough,
    )
  }
}

const enough = 2

/** The slug that a post asks for. */
export const slugOf = ({ slug, title }: ImportedPost): string => slug ?? (slugify(title) || 'post')

const keysOf = ({ sourceId, guid, slug }: Pick<KnownPost, 'sourceId' | 'guid' | 'slug'>): string[] => [
  ...(sourceId === null ? [] : [`id ${sourceId}`]),
  ...(guid === null ? [] : [`guid ${guid}`]),
  `slug ${slug}`,
]

const agreementOf = (known: KnownPost, post: ImportedPost): number => {
  // Two ids are two posts, whatever else they share.
  if (known.sourceId !== null && post.sourceId !== null && known.sourceId !== post.sourceId) return 0
  const agreements = [
    known.sourceId !== null && known.sourceId === post.sourceId,
    known.guid !== null && known.guid === post.guid,
    known.slug === slugOf(post),
    known.title === post.title,
    known.publishedAt !== null && known.publishedAt.getTime() === post.date?.instant.getTime(),
  ]
  return agreements.filter(Boolean).length
}
