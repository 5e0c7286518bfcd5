#!/bin/sh
# Run once by the PostgreSQL image, when it has made an empty cluster. The program gets a role and a database of its own: what
# it does, or is made to do, can harm that database and nothing else. The superuser is left without a password, so that nobody
# is one over the network; `docker compose exec -u postgres database psql` still is, on the machine itself.
set -eu
psql --set ON_ERROR_STOP=1 --set password="$POSTGRES_PASSWORD" --username postgres --dbname postgres <<SQL
CREATE ROLE presswire LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'password';
CREATE DATABASE presswire OWNER presswire ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
REVOKE ALL ON DATABASE presswire FROM PUBLIC;
ALTER ROLE postgres PASSWORD NULL;
SQL
