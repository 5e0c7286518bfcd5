-- CreateTable
CREATE TABLE "retention" (
    "id" INTEGER NOT NULL,
    "forgotten_through" BIGINT NOT NULL DEFAULT 0,
    "responses_cleared_to" TIMESTAMPTZ(3),

    CONSTRAINT "retention_pkey" PRIMARY KEY ("id")
);

-- The one row: nothing is forgotten yet.
INSERT INTO "retention" ("id") VALUES (1);
