-- AlterTable
ALTER TABLE "posts" ADD COLUMN     "content_markdown" TEXT NOT NULL DEFAULT '',
ADD COLUMN     "excerpt_markdown" TEXT NOT NULL DEFAULT '',
ADD COLUMN     "renderer_version" INTEGER NOT NULL DEFAULT 0;

-- CreateIndex
CREATE INDEX "posts_renderer_version_idx" ON "posts"("renderer_version");
