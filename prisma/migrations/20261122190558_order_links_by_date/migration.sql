-- A link bears the status and the date of its post, and its index is in the order of a list: a page by tag, category or
-- author begins where it is wanted, however many posts there are. The foreign key holds them equal.
CREATE UNIQUE INDEX "posts_id_status_sort_date_key" ON "posts"("id", "status", "sort_date");

ALTER TABLE "post_authors" DROP CONSTRAINT "post_authors_post_id_fkey";
DROP INDEX "post_authors_author_id_post_id_idx";
ALTER TABLE "post_authors" ADD COLUMN "status" "PostStatus", ADD COLUMN "sort_date" TIMESTAMPTZ(3);
UPDATE "post_authors" SET "status" = "posts"."status", "sort_date" = "posts"."sort_date" FROM "posts" WHERE "posts"."id" = "post_id";
ALTER TABLE "post_authors" ALTER COLUMN "status" SET NOT NULL, ALTER COLUMN "sort_date" SET NOT NULL;
CREATE INDEX "post_authors_author_id_status_sort_date_post_id_idx" ON "post_authors"("author_id", "status", "sort_date" DESC, "post_id" DESC);
ALTER TABLE "post_authors" ADD CONSTRAINT "post_authors_post_id_status_sort_date_fkey" FOREIGN KEY ("post_id", "status", "sort_date") REFERENCES "posts"("id", "status", "sort_date") ON DELETE CASCADE ON UPDATE CASCADE;

ALTER TABLE "post_categories" DROP CONSTRAINT "post_categories_post_id_fkey";
DROP INDEX "post_categories_category_id_post_id_idx";
ALTER TABLE "post_categories" ADD COLUMN "status" "PostStatus", ADD COLUMN "sort_date" TIMESTAMPTZ(3);
UPDATE "post_categories" SET "status" = "posts"."status", "sort_date" = "posts"."sort_date" FROM "posts" WHERE "posts"."id" = "post_id";
ALTER TABLE "post_categories" ALTER COLUMN "status" SET NOT NULL, ALTER COLUMN "sort_date" SET NOT NULL;
CREATE INDEX "post_categories_category_id_status_sort_date_post_id_idx" ON "post_categories"("category_id", "status", "sort_date" DESC, "post_id" DESC);
ALTER TABLE "post_categories" ADD CONSTRAINT "post_categories_post_id_status_sort_date_fkey" FOREIGN KEY ("post_id", "status", "sort_date") REFERENCES "posts"("id", "status", "sort_date") ON DELETE CASCADE ON UPDATE CASCADE;

ALTER TABLE "post_tags" DROP CONSTRAINT "post_tags_post_id_fkey";
DROP INDEX "post_tags_tag_id_post_id_idx";
ALTER TABLE "post_tags" ADD COLUMN "status" "PostStatus", ADD COLUMN "sort_date" TIMESTAMPTZ(3);
UPDATE "post_tags" SET "status" = "posts"."status", "sort_date" = "posts"."sort_date" FROM "posts" WHERE "posts"."id" = "post_id";
ALTER TABLE "post_tags" ALTER COLUMN "status" SET NOT NULL, ALTER COLUMN "sort_date" SET NOT NULL;
CREATE INDEX "post_tags_tag_id_status_sort_date_post_id_idx" ON "post_tags"("tag_id", "status", "sort_date" DESC, "post_id" DESC);
ALTER TABLE "post_tags" ADD CONSTRAINT "post_tags_post_id_status_sort_date_fkey" FOREIGN KEY ("post_id", "status", "sort_date") REFERENCES "posts"("id", "status", "sort_date") ON DELETE CASCADE ON UPDATE CASCADE;

ANALYZE "post_authors", "post_categories", "post_tags";
