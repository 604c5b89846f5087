#!/bin/sh
# One-off step `databases`: the users of PostgreSQL and their databases. Safe to repeat: what is there stays, and the
# passwords become those of today's environment.
#
# Each user owns its own databases and nothing else, so neither our service nor Temporal can read the other's, and
# neither is a superuser. Where and as whom: PGHOST, PGPORT, PGUSER and PGPASSWORD, which psql reads by itself.
set -eu

: "${MCQ_PASSWORD:?}" "${TEMPORAL_PASSWORD:?}"

# psql reads the passwords from the environment (\getenv) and quotes them: on its command line they would be in sight.
psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --dbname=postgres <<'SQL'
\getenv mcq_password MCQ_PASSWORD
\getenv temporal_password TEMPORAL_PASSWORD

SELECT format('CREATE ROLE %I LOGIN', role) FROM unnest(ARRAY['mcq', 'temporal']) AS role
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) \gexec

SET log_statement = 'none'; -- whatever the server logs, not these two lines
ALTER ROLE mcq PASSWORD :'mcq_password';
ALTER ROLE temporal PASSWORD :'temporal_password';

SELECT format('CREATE DATABASE %I OWNER %I', name, owner)
FROM (VALUES ('mcq', 'mcq'), ('temporal', 'temporal'), ('temporal_visibility', 'temporal')) AS wanted (name, owner)
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = name) \gexec

-- By default every user may connect to every database.
SELECT format('REVOKE CONNECT, TEMPORARY ON DATABASE %I FROM PUBLIC', name)
FROM unnest(ARRAY['mcq', 'temporal', 'temporal_visibility']) AS name \gexec
SQL
echo "The databases mcq, temporal and temporal_visibility are there."
