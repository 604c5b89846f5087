#!/bin/sh
# Writes `.env` with new secrets, readable by you alone. An `.env` that is there is kept, and what it lacks is added, so
# it can be run again after an upgrade that needs one more.
set -eu
umask 077
cd "$(dirname "$0")/.."
touch .env

for name in POSTGRES_PASSWORD POSTGRES_MCQ_PASSWORD POSTGRES_TEMPORAL_PASSWORD API_SECRET_KEY; do
    if ! grep -q "^$name=." .env; then
        # 48 hexadecimal digits: letters and digits need no quotes anywhere.
        secret=$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')
        # An empty line `NAME=`, as in .env.example, would win or lose by its place; it goes.
        sed -i.old "/^$name=\$/d" .env && rm -f .env.old
        # A last line without its end would swallow the first that is added.
        [ -z "$(tail -c 1 .env)" ] || echo >>.env
        echo "$name=$secret" >>.env
        echo "made $name"
    fi
done
