-- AlterTable
ALTER TABLE "event_renderings" ADD COLUMN     "endpoint_ids" TEXT[] NOT NULL DEFAULT '{}',
ADD COLUMN     "scopes" "ApiKeyScope"[] NOT NULL DEFAULT '{}';

-- AlterTable
ALTER TABLE "webhook_attempts" ADD COLUMN     "endpoint_id" TEXT COLLATE "C";

-- AlterTable
ALTER TABLE "webhook_deliveries" ADD COLUMN     "resent_after" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "scopes" "ApiKeyScope"[] NOT NULL DEFAULT '{}';

-- CreateIndex
CREATE INDEX "webhook_attempts_endpoint_id_started_at_idx" ON "webhook_attempts"("endpoint_id", "started_at" DESC);

-- CreateIndex
CREATE INDEX "webhook_deliveries_endpoint_id_created_at_id_idx" ON "webhook_deliveries"("endpoint_id", "created_at" DESC, "id" DESC);

-- Events that are not fanned out yet are told to those who would have been found then.
UPDATE "event_renderings" r SET
  "endpoint_ids" = ARRAY(
    SELECT e."id" FROM "webhook_endpoints" e
    WHERE e."rendering_key" = r."key" AND e."status" <> 'DISABLED'
      AND (cardinality(e."event_types") = 0 OR ev."type" = ANY(e."event_types"))
      AND (ev."is_public" OR e."scopes" && '{ADMIN,CONTENT_READ,CONTENT_WRITE,CONTENT_PUBLISH}')
  ),
  "scopes" = coalesce((SELECT e."scopes" FROM "webhook_endpoints" e WHERE e."rendering_key" = r."key" LIMIT 1), '{ADMIN}')
FROM "events" ev WHERE ev."id" = r."event_id";

-- What an endpoint that is gone was shown with is not known any more: nobody but an admin may see it.
UPDATE "webhook_deliveries" d
SET "scopes" = coalesce((SELECT e."scopes" FROM "webhook_endpoints" e WHERE e."id" = d."endpoint_id"), '{ADMIN}');

UPDATE "webhook_attempts" a SET "endpoint_id" = d."endpoint_id" FROM "webhook_deliveries" d WHERE d."id" = a."delivery_id";
