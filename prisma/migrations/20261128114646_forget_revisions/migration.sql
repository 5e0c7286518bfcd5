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

-- What was brought back is told by what it was brought back to.
UPDATE "post_revisions" older SET "was_restored" = true FROM "post_revisions" restored
WHERE restored."action" = 'restored' AND restored."post_id" = older."post_id" AND older."version" < restored."version"
  AND older."snapshot"->>'title' = restored."snapshot"->>'title' AND older."snapshot"->>'source' = restored."snapshot"->>'source';
