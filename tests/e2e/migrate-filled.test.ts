import { expect, inject, test } from 'vitest'
import { startApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { openDatabase } from '../../src/db/client.ts'
import { migrationNames, readMigration } from '../../src/db/migrations/files.ts'
import { migrate } from '../../src/db/migrations/migrate.ts'
import { createApiKey } from '../../src/keys/api-key.ts'
import { createClient } from '../support/client.ts'
import { createTestDatabase, dropTestDatabase } from '../support/postgres-database.ts'

// The first migration after the release that wrote what is below.
const next = '_keep_texts_apart'

/** An empty database, in memory where it is the embedded one. */
const openEmpty = async () => {
  if (inject('kind') === 'embedded')
    return { database: await openDatabase({ folder: null }), drop: async () => undefined }
  const server = inject('postgres').url
  const { url, name } = await createTestDatabase(server)
  return { database: await openDatabase({ url }), drop: () => dropTestDatabase(server, name) }
}

const id = 'post_01h455vb4pex5vsknk084sn02q'
const tagId = 'tag_01h455vb4pex5vsknk084sn02q'
const at = '2026-11-20T10:00:00.000Z'

/** A post's row and what an event kept of it, by the names of its columns, as that release wrote them. */
const postOf = (text: string, status: string, version: number) => ({
  ...{ id, status, version, head_version: version, slug: 'an-old-post', path: '/2026/11/an-old-post/' },
  ...{ path_is_manual: false, title: `${text} title`, title_key: `${text} title`.toLowerCase() },
  ...{ format: 'MARKDOWN', source: `*${text}*`, dialect: null, content: `<p><em>${text}</em></p>\n` },
  ...{ content_text: text, content_markdown: `*${text}*\n`, excerpt_manual: null, excerpt_html: text },
  ...{ excerpt_text: text, excerpt_markdown: text, excerpt_source: 'AUTOMATIC', word_count: 1 },
  ...{ images: [{ url: '/a.png', alt: null, title: null, width: null, height: null }], headings: [] },
  ...{ renderer_version: 1_000, layout: 'wide', guid: null, legacy_id: null, seo_title: null },
  ...{
    seo_description: null,
    canonical_url: null,
    noindex: false,
    cover_image: null,
    metadata: { b: 1, a: 2 },
  },
  ...{ published_at: at, published_offset: 120, sort_date: at, scheduled_at: null, scheduled_version: null },
  ...{ unpublish_at: null, was_public: true, draft_id: null, created_at: at, updated_at: at },
})
const keptOf = (...args: Parameters<typeof postOf>) => ({
  ...postOf(...args),
  ...{ author_ids: [], category_ids: [], tag_ids: [tagId] },
})

const snapshot = {
  ...{ title: 'Draft title', source: '*Draft*', format: 'MARKDOWN', slug: 'an-old-post', path: null },
  ...{ excerpt: null, layout: null, publishedAt: null, coverImage: null, metadata: {} },
  seo: { title: null, description: null, canonicalUrl: null, noindex: false },
  ...{ authorIds: [], categoryIds: [], tagIds: [tagId] },
}

const literal = (value: unknown) =>
  `'${(typeof value === 'string' ? value : JSON.stringify(value)).replaceAll("'", "''")}'`

type Row = { type: string; version: number; before: object | null; isPublic: boolean }
const eventOf = ({ type, version, before, isPublic }: Row) => `
  INSERT INTO events (id, type, occurred_at, subject_type, subject_id, subject_version, before, is_public, fanned_out_at)
  VALUES ('event_01h455vb4pex5vsknk084sn02${version}', '${type}', '${at}', 'Post', '${id}', ${version},
    ${before ? `${literal(before)}::json` : 'NULL'}, ${isPublic}, '${at}');`

const broughtBackId = 'post_01h455vb4pex5vsknk084sn03q'
const broughtBackTimes = 500

/** Every second version of a long post brought back the one before: compared in pairs they would take many minutes. */
const broughtBack = `
  INSERT INTO posts SELECT * FROM json_populate_record(NULL::posts, ${literal({
    ...postOf('Back', 'DRAFT', 1),
    ...{ id: broughtBackId, slug: 'back', path: '/back/' },
  })});
  INSERT INTO post_revisions (id, post_id, version, action, changed_fields, snapshot, created_at)
    SELECT 'revision_01h455vb4pex5vsknk084s' || 9000 + v, '${broughtBackId}', v, (ARRAY['restored', 'saved'])[v % 2 + 1], '{}',
      json_build_object('title', 'Back', 'source', repeat('Text. ', 20000) || (v - 1) / 2), '${at}'
    FROM generate_series(1, ${2 * broughtBackTimes}) v;`

const filled = `
  INSERT INTO tags (id, slug, name, name_key, is_public, created_at, updated_at)
    VALUES ('${tagId}', 'old', 'Old', 'old', true, '${at}', '${at}');
  INSERT INTO background_jobs (id, kind, subject_id, input, processed, total, created_at, updated_at) VALUES
    ('job_01h455vb4pex5vsknk084sn021', 'DELETE', '${tagId}', '{"shelf":"tag","ids":["${tagId}"]}', 200, 900, '${at}', '${at}'),
    ('job_01h455vb4pex5vsknk084sn022', 'MERGE', '${tagId}', '{"shelf":"tag","ids":["tag_a","tag_b"],"targetId":"${tagId}"}', 0, 900, '${at}', '${at}');
  INSERT INTO posts SELECT * FROM json_populate_record(NULL::posts, ${literal(postOf('Newest', 'DRAFT', 4))});
  INSERT INTO post_revisions (id, post_id, version, action, changed_fields, snapshot, created_at)
    SELECT 'revision_01h455vb4pex5vsknk084sn02' || v, '${id}', v, (ARRAY['created', 'saved', 'published', 'unpublished'])[v], '{}',
      ${literal(snapshot)}, '${at}' FROM generate_series(1, 4) v;
  ${eventOf({ type: 'post.created', version: 1, before: null, isPublic: false })}
  ${eventOf({ type: 'post.draft_saved', version: 2, before: keptOf('Secret', 'DRAFT', 1), isPublic: false })}
  ${eventOf({ type: 'post.published', version: 3, before: keptOf('Draft', 'DRAFT', 2), isPublic: true })}
  ${eventOf({ type: 'post.unpublished', version: 4, before: keptOf('Public', 'PUBLISHED', 3), isPublic: true })}`

// A new embedded database and all migrations take seconds on a machine with nothing else to do.
const patient = { timeout: 120_000 }

test(
  'a database of an earlier release, filled, migrates; its events tell what was before them, its revisions what they hold, its jobs what they do',
  patient,
  async () => {
    const { database, drop } = await openEmpty()
    const names = migrationNames()
    const older = names.slice(
      0,
      names.findIndex((name) => name.endsWith(next)),
    )
    await database.runScript(`
    ${older.map(readMigration).join(';\n')};
    CREATE TABLE _prisma_migrations (
      id varchar(36) PRIMARY KEY, checksum varchar(64) NOT NULL, finished_at timestamptz, migration_name varchar(255) NOT NULL,
      logs text, rolled_back_at timestamptz, started_at timestamptz NOT NULL DEFAULT now(),
      applied_steps_count int NOT NULL DEFAULT 0);
    INSERT INTO _prisma_migrations (id, checksum, finished_at, migration_name, applied_steps_count)
      VALUES ${older.map((name, index) => `('${index}', 'x', now(), '${name}', 1)`).join()}`)
    await database.runScript(`${filled};${broughtBack}`)
    expect(await migrate(database)).toEqual(names.slice(older.length))
    // Its unfinished jobs go on, and the same work asked for again is still the same.
    const jobs = await database.db.backgroundJob.findMany({ orderBy: { id: 'asc' } })
    expect(jobs.map(({ input }) => JSON.stringify(input))).toEqual([
      `{"kind":"tag","ids":["${tagId}"]}`,
      `{"kind":"tag","ids":["tag_a","tag_b"],"targetId":"${tagId}"}`,
    ])

    // Of each two alike the first is what was brought back.
    const { postRevision } = database.db
    const odd = Array.from({ length: broughtBackTimes }, (_, index) => 2 * index + 1)
    const back = await postRevision.findMany({
      where: { wasRestored: true },
      select: { postId: true, version: true },
      orderBy: { version: 'asc' },
    })
    expect(back.map(({ postId, version }) => [postId, version])).toEqual(odd.map((v) => [broughtBackId, v]))

    const config = readConfig({ PORT: '0', HOST: '127.0.0.1', SECRET_KEY: 'x'.repeat(32) })
    const log = { info: () => undefined, warn: () => undefined, error: () => undefined }
    const now = () => new Date('2026-11-21T00:00:00Z')
    const app = await startApp({ ...config, ROLE: 'api' }, { database, now, log })
    const { key } = await createApiKey(
      database.db,
      { name: 'Reader', scopes: ['CONTENT_READ'], expiresAt: null },
      now(),
    )
    const fields = `title status content text: content(format: TEXT) layout publishedAt metadata images { url } tags { slug }`
    const query = `{ changes(first: 10) { nodes { type ... on PostEvent { before { ${fields} } } } } }`
    const ask = async (by: string | null, text: string) => {
      const { data, errors } = await createClient(app.url ?? '', by).send<Record<string, never>>(text)
      expect(errors).toEqual([])
      return data as Record<string, never>
    }
    const shown = (text: string, status: string) => ({
      ...{ title: `${text} title`, status, content: `<p><em>${text}</em></p>\n`, text, layout: 'wide' },
      publishedAt: '2026-11-20T12:00:00+02:00',
      ...{ metadata: { b: 1, a: 2 }, images: [{ url: '/a.png' }], tags: [{ slug: 'old' }] },
    })
    expect(await ask(key, query)).toMatchObject({
      changes: {
        nodes: [
          { before: null },
          { before: shown('Secret', 'DRAFT') },
          { before: shown('Draft', 'DRAFT') },
          { before: shown('Public', 'PUBLISHED') },
        ],
      },
    })
    expect(await ask(null, query)).toEqual({
      changes: {
        nodes: [
          { type: 'POST_PUBLISHED', before: null },
          { type: 'POST_UNPUBLISHED', before: shown('Public', 'PUBLISHED') },
        ],
      },
    })
    const revisions = `{ post(by: { id: "${id}" }) { revisions(first: 9) { totalCount nodes { version title source tags { slug } } } } }`
    const revision = { title: 'Draft title', source: '*Draft*', tags: [{ slug: 'old' }] }
    expect(await ask(key, revisions)).toEqual({
      post: {
        revisions: { totalCount: 4, nodes: [4, 3, 2, 1].map((version) => ({ version, ...revision })) },
      },
    })
    await app.stop(2_000)
    await drop()
  },
)
