-- How many posts each of the 1,000 most used has is known to the planner, instead of 100: for all others it takes the mean
-- of what is left, and where that is in the hundreds it looks for the posts of a rare tag among all posts.
ALTER TABLE "post_authors" ALTER COLUMN "author_id" SET STATISTICS 1000;
ALTER TABLE "post_categories" ALTER COLUMN "category_id" SET STATISTICS 1000;
ALTER TABLE "post_tags" ALTER COLUMN "tag_id" SET STATISTICS 1000;
ANALYZE "post_authors", "post_categories", "post_tags";
