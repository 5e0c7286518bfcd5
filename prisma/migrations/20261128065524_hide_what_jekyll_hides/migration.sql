-- CreateEnum
CREATE TYPE "SourceDialect" AS ENUM ('JEKYLL', 'KRAMDOWN');

-- AlterTable
ALTER TABLE "posts" ADD COLUMN     "dialect" "SourceDialect";

-- All imports were of Jekyll's files. Those that may hide something are rendered again after the start.
UPDATE "posts" SET
  "dialect" = 'JEKYLL',
  "renderer_version" = CASE WHEN "posts"."source" ~ '\{%|\{:|\]:|```|~~~' THEN 0 ELSE "posts"."renderer_version" END
FROM "post_origins" WHERE "post_origins"."post_id" = "posts"."id";
