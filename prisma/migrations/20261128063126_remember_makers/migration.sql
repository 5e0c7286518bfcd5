-- AlterTable
ALTER TABLE "api_keys" ADD COLUMN     "created_by_id" TEXT;

-- AlterTable
ALTER TABLE "events" ADD COLUMN     "actor_id" TEXT;

-- AlterTable
ALTER TABLE "post_revisions" ADD COLUMN     "actor_id" TEXT;

-- AlterTable
ALTER TABLE "preview_tokens" ADD COLUMN     "created_by_id" TEXT;

-- AlterTable
ALTER TABLE "webhook_endpoints" ADD COLUMN     "created_by" TEXT,
ADD COLUMN     "created_by_id" TEXT,
ADD COLUMN     "expires_at" TIMESTAMPTZ(3),
ADD COLUMN     "updated_by" TEXT,
ADD COLUMN     "updated_by_id" TEXT;

-- CreateIndex
CREATE INDEX "api_keys_created_by_id_idx" ON "api_keys"("created_by_id");

-- CreateIndex
CREATE INDEX "preview_tokens_created_by_id_idx" ON "preview_tokens"("created_by_id");

-- CreateIndex
CREATE INDEX "preview_tokens_created_at_id_idx" ON "preview_tokens"("created_at", "id");

-- CreateIndex
CREATE INDEX "webhook_endpoints_created_by_id_idx" ON "webhook_endpoints"("created_by_id");

-- CreateIndex
CREATE INDEX "webhook_endpoints_updated_by_id_idx" ON "webhook_endpoints"("updated_by_id");

-- Only the maker's name was kept. Where one key alone has ever had that name it is known which.
WITH known AS (SELECT min("id") AS "id", "name" FROM "api_keys" GROUP BY "name" HAVING count(*) = 1)
UPDATE "api_keys" SET "created_by_id" = known."id" FROM known
WHERE known."name" = "api_keys"."created_by" AND known."id" <> "api_keys"."id";

WITH known AS (SELECT min("id") AS "id", "name" FROM "api_keys" GROUP BY "name" HAVING count(*) = 1)
UPDATE "preview_tokens" SET "created_by_id" = known."id" FROM known WHERE known."name" = "preview_tokens"."created_by";
