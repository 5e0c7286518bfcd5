-- AlterTable
ALTER TABLE "events" ADD COLUMN     "before_text_id" BIGINT;

-- CreateTable
CREATE TABLE "state_texts" (
    "id" BIGSERIAL NOT NULL,
    "subject_id" TEXT COLLATE "C" NOT NULL,
    "base_id" BIGINT,
    "hash" TEXT NOT NULL,
    "data" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "state_texts_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "state_texts_subject_id_id_idx" ON "state_texts"("subject_id", "id");

-- CreateIndex
CREATE INDEX "state_texts_base_id_idx" ON "state_texts"("base_id");

-- CreateIndex
CREATE INDEX "state_texts_created_at_idx" ON "state_texts"("created_at");

-- CreateIndex
CREATE INDEX "events_before_text_id_idx" ON "events"("before_text_id");

-- AddForeignKey
ALTER TABLE "events" ADD CONSTRAINT "events_before_text_id_fkey" FOREIGN KEY ("before_text_id") REFERENCES "state_texts"("id") ON DELETE NO ACTION ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "state_texts" ADD CONSTRAINT "state_texts_base_id_fkey" FOREIGN KEY ("base_id") REFERENCES "state_texts"("id") ON DELETE NO ACTION ON UPDATE CASCADE;
