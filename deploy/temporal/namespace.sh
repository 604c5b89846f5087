#!/bin/sh
# One-off step `temporal-namespace`: waits for the server and makes the namespace. Safe to repeat.
#
# Where: TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE, which the CLI reads by itself.
set -eu

: "${TEMPORAL_ADDRESS:?}" "${TEMPORAL_NAMESPACE:?}"
# How long Temporal keeps the history of what has ended. The questions are kept in our own database, without a limit.
RETENTION=${TEMPORAL_RETENTION:-7d}

tries=0
until temporal operator cluster health >/dev/null 2>&1; do
    tries=$((tries + 1))
    if [ "$tries" -ge 60 ]; then
        echo "Temporal does not answer at $TEMPORAL_ADDRESS." >&2
        exit 1
    fi
    sleep 1
done

if temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1; then
    echo "The namespace $TEMPORAL_NAMESPACE is there."
else
    temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention "$RETENTION"
fi
