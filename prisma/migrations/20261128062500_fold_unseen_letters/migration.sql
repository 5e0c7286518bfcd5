-- Names are compared without what nobody sees. Where two would become one, both keep the keys that they had.
WITH folded AS (
  SELECT "id", "key", count(*) OVER (PARTITION BY "key") AS "alike" FROM (
    SELECT "id", regexp_replace("name_key", '[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\ufff0-\ufffb]', '', 'g') AS "key" FROM "tags"
  ) keys
)
UPDATE "tags" SET "name_key" = folded."key" FROM folded
WHERE folded."id" = "tags"."id" AND folded."key" <> "tags"."name_key" AND folded."key" <> '' AND folded."alike" = 1;

WITH folded AS (
  SELECT "id", regexp_replace("name_key", '[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\ufff0-\ufffb]', '', 'g') AS "key"
  FROM "categories"
)
UPDATE "categories" SET "name_key" = folded."key" FROM folded
WHERE folded."id" = "categories"."id" AND folded."key" <> "categories"."name_key" AND folded."key" <> '';

WITH folded AS (
  SELECT "id", regexp_replace("name_key", '[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\ufff0-\ufffb]', '', 'g') AS "key"
  FROM "authors"
)
UPDATE "authors" SET "name_key" = folded."key" FROM folded
WHERE folded."id" = "authors"."id" AND folded."key" <> "authors"."name_key" AND folded."key" <> '';
