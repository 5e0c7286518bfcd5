import type { TestApp } from './app.ts'

/** How large the blog is. Of `longPosts` the bodies have 200 KB, of the others 4 to 12. */
export type BlogShape = { posts: number; longPosts: number; tags: number; depth: number }

/**
 * Fills the database of an app with what costs most to read: long bodies, tags on every second post and tags on three, a
 * line of categories as deep as `depth` beside a wide level of them, 240 months of posts. It is made in SQL, past the API:
 * thousands of posts take seconds on either database.
 */
export const makeLargeBlog = async (
  { database }: Pick<TestApp, 'database'>,
  shape: BlogShape,
): Promise<void> => {
  await database.runScript(scriptOf(shape))
}

const scriptOf = ({ posts, longPosts, tags, depth }: BlogShape): string => `
  CREATE FUNCTION pg_temp.id_of(kind text, n int) RETURNS text LANGUAGE sql IMMUTABLE AS
    $$ SELECT kind || '_01h455vb4pex5vsknk' || lpad(translate(n::text, '0123456789', 'abcdefghjk'), 8, '0') $$;
  CREATE FUNCTION pg_temp.words_of(n int, many int) RETURNS text LANGUAGE sql IMMUTABLE AS
    $$ SELECT string_agg('paper w' || (n * 31 + k * k) % 5000 || ' gazette ' || md5((n + k)::text), ' ') FROM generate_series(1, many) k $$;

  INSERT INTO authors (id, slug, name, name_key, bio, is_public, created_at, updated_at)
    SELECT pg_temp.id_of('author', n), 'author-' || n, 'Author ' || n, 'author ' || lpad(n::text, 6, '0'), repeat('bio ', 500), true, now(), now()
    FROM generate_series(1, 30) n;
  INSERT INTO tags (id, slug, name, name_key, description, is_public, created_at, updated_at)
    SELECT pg_temp.id_of('tag', n), 'tag-' || n, 'Tag ' || n, 'tag ' || lpad(n::text, 6, '0'), repeat('about ', 500), true, now(), now()
    FROM generate_series(1, ${tags}) n;
  -- The first ones are a line, each below the one before it; a hundred more stand below the first.
  INSERT INTO categories (id, slug, name, name_key, parent_id, slug_path, description, is_public, created_at, updated_at)
    SELECT pg_temp.id_of('category', n), 'category-' || n, 'Category ' || n, 'category ' || lpad(n::text, 6, '0'),
      CASE WHEN n = 1 THEN NULL WHEN n <= ${depth} THEN pg_temp.id_of('category', n - 1) ELSE pg_temp.id_of('category', 1) END,
      CASE WHEN n <= ${depth} THEN (SELECT string_agg('category-' || k, '/' ORDER BY k) FROM generate_series(1, n) k)
        ELSE 'category-1/category-' || n END,
      repeat('about ', 500), true, now(), now()
    FROM generate_series(1, ${depth} + 100) n;

  INSERT INTO posts (id, status, slug, path, title, title_key, source, content, content_text, content_markdown, excerpt_html,
      excerpt_text, excerpt_markdown, excerpt_source, word_count, images, headings, renderer_version, metadata, published_at,
      sort_date, was_public, created_at, updated_at)
    SELECT pg_temp.id_of('post', n), 'PUBLISHED', 'post-' || n, '/post/' || n || '/', 'Paper ' || n, 'paper ' || lpad(n::text, 6, '0'),
      body, '<p>' || body || '</p>', body, body, '<p>' || left(body, 200) || '</p>', left(body, 200), left(body, 200), 'AUTOMATIC', 500,
      COALESCE((SELECT json_agg(json_build_object('url', 'https://example.com/' || k || '.jpg', 'alt', 'An image')) FROM generate_series(1, n % 40) k)::jsonb, '[]'),
      COALESCE((SELECT json_agg(json_build_object('level', 2, 'id', 'h' || k, 'text', 'A heading ' || k)) FROM generate_series(1, n % 60) k)::jsonb, '[]'),
      1000000, json_build_object('layout', repeat('x', 300)), at, at, true, at, at
    FROM (
      SELECT n, timestamptz '2006-01-01' + n * interval '20 years' / ${posts} AS at,
        pg_temp.words_of(n, CASE WHEN n <= ${longPosts} THEN 3600 ELSE 80 + n % 7 * 25 END) AS body
      FROM generate_series(1, ${posts}) n
    ) made;

  INSERT INTO post_authors (post_id, author_id, position, status, sort_date)
    SELECT posts.id, pg_temp.id_of('author', 1 + n % 30), 0, status, sort_date
    FROM generate_series(1, ${posts}) n JOIN posts ON posts.id = pg_temp.id_of('post', n);
  INSERT INTO post_categories (post_id, category_id, position, status, sort_date)
    SELECT posts.id, pg_temp.id_of('category', 1 + n * (1 + k * 7) % (${depth} + 100)), k, status, sort_date
    FROM generate_series(1, ${posts}) n CROSS JOIN generate_series(0, 2) k JOIN posts ON posts.id = pg_temp.id_of('post', n)
    ON CONFLICT DO NOTHING;
  -- Ten that every second post has, and twenty of the others, each on fewer.
  INSERT INTO post_tags (post_id, tag_id, position, status, sort_date)
    SELECT posts.id, pg_temp.id_of('tag', CASE WHEN k <= 10 THEN k ELSE 11 + (n * k * 7919) % (${tags} - 10) END), k, status, sort_date
    FROM generate_series(1, ${posts}) n CROSS JOIN generate_series(1, 30) k JOIN posts ON posts.id = pg_temp.id_of('post', n)
    WHERE k > 10 OR (n + k) % 2 = 0
    ON CONFLICT DO NOTHING;
  INSERT INTO post_search (post_id, language, words)
    SELECT id, 'simple', setweight(to_tsvector('simple', title), 'A') || setweight(to_tsvector('simple', left(content_text, 20000)), 'D') FROM posts;
  ANALYZE;
`
