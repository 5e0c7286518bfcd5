-- CreateTable
CREATE TABLE "background_jobs" (
    "id" TEXT COLLATE "C" NOT NULL,
    "kind" TEXT NOT NULL,
    "subject_id" TEXT COLLATE "C" NOT NULL,
    "input" JSON NOT NULL,
    "key_id" TEXT COLLATE "C",
    "actor" TEXT,
    "cursor" TEXT COLLATE "C" NOT NULL DEFAULT '',
    "processed" INTEGER NOT NULL DEFAULT 0,
    "total" INTEGER NOT NULL,
    "error" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "background_jobs_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "background_jobs_finished_at_created_at_idx" ON "background_jobs"("finished_at", "created_at");
