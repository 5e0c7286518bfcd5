-- AlterTable
ALTER TABLE "authors" ADD COLUMN     "is_public" BOOLEAN NOT NULL DEFAULT false;

-- AlterTable
ALTER TABLE "categories" ADD COLUMN     "is_public" BOOLEAN NOT NULL DEFAULT false;

-- AlterTable
ALTER TABLE "tags" ADD COLUMN     "is_public" BOOLEAN NOT NULL DEFAULT false;

-- What was made on purpose left an event, which everyone was told; everything else is public by a published post.
UPDATE "authors" SET "is_public" = true WHERE EXISTS (
    SELECT FROM "events" WHERE "subject_id" = "authors"."id" AND "type" = 'author.created'
) OR EXISTS (
    SELECT FROM "post_authors" JOIN "posts" ON "posts"."id" = "post_id"
    WHERE "author_id" = "authors"."id" AND "posts"."status" = 'PUBLISHED'
);
UPDATE "tags" SET "is_public" = true WHERE EXISTS (
    SELECT FROM "events" WHERE "subject_id" = "tags"."id" AND "type" = 'tag.created'
) OR EXISTS (
    SELECT FROM "post_tags" JOIN "posts" ON "posts"."id" = "post_id"
    WHERE "tag_id" = "tags"."id" AND "posts"."status" = 'PUBLISHED'
);
UPDATE "categories" SET "is_public" = true WHERE EXISTS (
    SELECT FROM "categories" "inner" WHERE (
        "inner"."id" = "categories"."id" OR starts_with("inner"."slug_path", "categories"."slug_path" || '/')
    ) AND (EXISTS (
        SELECT FROM "events" WHERE "subject_id" = "inner"."id" AND "type" = 'category.created'
    ) OR EXISTS (
        SELECT FROM "post_categories" JOIN "posts" ON "posts"."id" = "post_id"
        WHERE "category_id" = "inner"."id" AND "posts"."status" = 'PUBLISHED'
    ))
);

-- CreateIndex
CREATE INDEX "authors_created_at_id_idx" ON "authors"("created_at", "id");

-- CreateIndex
CREATE INDEX "authors_updated_at_id_idx" ON "authors"("updated_at", "id");

-- CreateIndex
CREATE INDEX "categories_created_at_id_idx" ON "categories"("created_at", "id");

-- CreateIndex
CREATE INDEX "categories_updated_at_id_idx" ON "categories"("updated_at", "id");

-- CreateIndex
CREATE INDEX "tags_created_at_id_idx" ON "tags"("created_at", "id");

-- CreateIndex
CREATE INDEX "tags_updated_at_id_idx" ON "tags"("updated_at", "id");
