-- DropIndex
DROP INDEX "webhook_deliveries_status_next_attempt_at_idx";

-- AlterTable
ALTER TABLE "webhook_deliveries" ADD COLUMN     "sequence" BIGINT NOT NULL DEFAULT 0,
ALTER COLUMN "subject_id" DROP NOT NULL;

-- Deliveries that wait keep the order of their events.
UPDATE "webhook_deliveries" d SET "sequence" = e."sequence" FROM "events" e WHERE e."id" = d."event_id";

-- AlterTable
ALTER TABLE "webhook_endpoints" ADD COLUMN     "listens_after" BIGINT NOT NULL DEFAULT 0,
ADD COLUMN     "rate_slot_at" TIMESTAMPTZ(3),
ADD COLUMN     "trips" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "version" INTEGER NOT NULL DEFAULT 1;

-- CreateTable
CREATE TABLE "webhook_batched_events" (
    "delivery_id" TEXT COLLATE "C" NOT NULL,
    "event_id" TEXT COLLATE "C" NOT NULL,

    CONSTRAINT "webhook_batched_events_pkey" PRIMARY KEY ("delivery_id","event_id")
);

-- CreateIndex
CREATE INDEX "webhook_batched_events_event_id_idx" ON "webhook_batched_events"("event_id");

-- CreateIndex
CREATE INDEX "events_fanned_out_at_sequence_idx" ON "events"("fanned_out_at", "sequence");

-- CreateIndex
CREATE INDEX "webhook_deliveries_status_endpoint_id_next_attempt_at_idx" ON "webhook_deliveries"("status", "endpoint_id", "next_attempt_at");

-- CreateIndex
CREATE INDEX "webhook_deliveries_endpoint_id_leased_until_idx" ON "webhook_deliveries"("endpoint_id", "leased_until");

-- CreateIndex
CREATE INDEX "webhook_deliveries_endpoint_id_subject_id_sequence_idx" ON "webhook_deliveries"("endpoint_id", "subject_id", "sequence");

-- AddForeignKey
ALTER TABLE "webhook_batched_events" ADD CONSTRAINT "webhook_batched_events_delivery_id_fkey" FOREIGN KEY ("delivery_id") REFERENCES "webhook_deliveries"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "webhook_batched_events" ADD CONSTRAINT "webhook_batched_events_event_id_fkey" FOREIGN KEY ("event_id") REFERENCES "events"("id") ON DELETE CASCADE ON UPDATE CASCADE;
