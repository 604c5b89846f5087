#!/bin/sh
# One-off step `temporal-schema`: Temporal's tables, brought to the version of this image. Safe to repeat; it is also
# how a newer server gets its newer schema. The databases are made by the step before (deploy/postgres/databases.sh).
#
# Where and as whom: SQL_PLUGIN, SQL_HOST, SQL_PORT, SQL_USER and SQL_PASSWORD, which temporal-sql-tool reads by itself.
set -eu

# Where the image keeps the schema.
SCHEMA=${TEMPORAL_SCHEMA:-/etc/temporal/schema/postgresql/v12}

bring() { # DATABASE FOLDER
    # 0.0 is the schema with nothing but its version in it. On a database that is further it changes nothing.
    temporal-sql-tool --database "$1" setup-schema --version 0.0
    temporal-sql-tool --database "$1" update-schema --schema-dir "$SCHEMA/$2/versioned"
}

bring temporal temporal
bring temporal_visibility visibility
echo "Temporal's schema is current."
