ALTER TABLE "posts" ADD COLUMN "scheduled_version" INTEGER;

-- Whatever waits was scheduled by somebody who may publish; what was saved since cannot be told from it any more.
UPDATE "posts" SET "scheduled_version" = "head_version" WHERE "scheduled_at" IS NOT NULL;

-- A schedule that was refused used to leave its post SCHEDULED for no time. The links follow by their foreign keys.
UPDATE "posts" SET "status" = 'DRAFT', "unpublish_at" = NULL WHERE "status" = 'SCHEDULED' AND "scheduled_at" IS NULL;

ALTER TABLE "posts" ADD CONSTRAINT "posts_scheduled_for_a_time" CHECK ("status" <> 'SCHEDULED' OR "scheduled_at" IS NOT NULL);
