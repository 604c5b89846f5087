#!/usr/bin/env python3
"""`healthcheck URL`: ends with 0 when the URL answers with a success. The image has no curl."""

import sys
import urllib.request

if __name__ == "__main__":
    try:
        urllib.request.urlopen(sys.argv[1], timeout=4).close()  # noqa: S310 - the address is our own
    except OSError as error:  # connection refused, a time-out, or an HTTP status of 400 or more
        sys.exit(f"{sys.argv[1]}: {error}")
