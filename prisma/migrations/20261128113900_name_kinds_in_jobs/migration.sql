-- The kind of term that a job is about stood under another name.
UPDATE "background_jobs" SET "input" = json_strip_nulls(json_build_object(
  'kind', "input" -> 'shelf', 'ids', "input" -> 'ids', 'targetId', "input" -> 'targetId'))
WHERE "input" -> 'shelf' IS NOT NULL;
