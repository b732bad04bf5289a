"""Normalises events with Relay's own code.

Reads one event a line, in base64, from its input. Writes one JSON object a
line: {"event": …} has the normalised event, and {"lost": …} says why Relay
drops the event.
"""

import base64
import json
import sys

from sentry_relay.processing import StoreNormalizer

normalizer = StoreNormalizer(
    project_id=1,
    key_id="k",
    client="raven.go/1.0",
    protocol_version="7",
    client_ip="127.0.0.1",
    max_secs_in_future=60,
    max_secs_in_past=30 * 86400,
    enable_trimming=True,
    is_renormalize=False,
    remove_other=True,
    normalize_user_agent=True,
)

for line in sys.stdin.buffer:
    try:
        answer = {"event": normalizer.normalize_event(raw_event=base64.b64decode(line))}
    except Exception as error:  # each kind of loss is an exception of its own
        answer = {"lost": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
