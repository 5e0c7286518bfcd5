-- The job queue that older versions kept. Only where it holds our queue and no other: another program on this database may have
-- its own in a schema of that name. Where the role may not drop it, it stays, and nothing reads it.
DO $$ BEGIN
  IF (SELECT array_agg(name::text) FROM pgboss.queue) = ARRAY['webhook-deliveries'] THEN DROP SCHEMA pgboss CASCADE; END IF;
EXCEPTION WHEN undefined_table OR undefined_column OR insufficient_privilege THEN NULL;
END $$;
