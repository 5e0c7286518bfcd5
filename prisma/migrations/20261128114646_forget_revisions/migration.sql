-- AlterTable
ALTER TABLE "post_revisions" ADD COLUMN     "is_public" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "run_began_at" TIMESTAMPTZ(3),
ADD COLUMN     "was_restored" BOOLEAN NOT NULL DEFAULT false;

-- CreateIndex
CREATE INDEX "post_revisions_is_public_created_at_idx" ON "post_revisions"("is_public", "created_at");

-- What readers saw; of a change of state nobody knows any more.
UPDATE "post_revisions" SET "is_public" = true
WHERE "action" IN ('published', 'state')
  OR ("action" = 'imported' AND EXISTS (SELECT FROM "posts" WHERE "posts"."id" = "post_revisions"."post_id" AND "posts"."was_public"));

-- What was brought back is told by what it was brought back to. Each text is read once, however often a post was brought back.
WITH held AS MATERIALIZED (
  SELECT "id", "post_id", "version", "action",
    sha256(convert_to(concat("snapshot"->>'title', ' ', "snapshot"->>'source'), 'UTF8')) AS "text"
  FROM "post_revisions" WHERE "post_id" IN (SELECT "post_id" FROM "post_revisions" WHERE "action" = 'restored')
), last_back AS (
  SELECT "post_id", "text", max("version") AS "version" FROM held WHERE "action" = 'restored' GROUP BY "post_id", "text"
)
UPDATE "post_revisions" SET "was_restored" = true FROM held JOIN last_back USING ("post_id", "text")
WHERE held."id" = "post_revisions"."id" AND held."version" < last_back."version";
