"""Asks Sentry's own scrubbing, as sentry-relay has it, what it masks by default.

Reads a JSON object a line: an event, and the forms of the secret in it. Prints a
word a line: masked, shown, or gone where the event's normalisation leaves out
what the secret is in, so that nobody knows whether it would be masked.
"""

import json
import sys

from sentry_relay.processing import StoreNormalizer, convert_datascrubbing_config, pii_strip_event

CONFIG = convert_datascrubbing_config(
    {"scrubData": True, "scrubDefaults": True, "scrubIpAddresses": False, "sensitiveFields": [], "excludeFields": []}
)
NORMALIZER = StoreNormalizer(
    project_id=1, key_id="k", client="raven.go/1.0", protocol_version="7", client_ip="127.0.0.1",
    max_secs_in_future=60, max_secs_in_past=30 * 86400,
    enable_trimming=True, is_renormalize=False, remove_other=True, normalize_user_agent=True,
)  # fmt: skip


def has(event, forms):
    """Reports whether a text or a key of an event has the secret in one of its forms."""
    if isinstance(event, dict):
        return any(k != "_meta" and (has(k, forms) or has(v, forms)) for k, v in event.items())
    if isinstance(event, list):
        return any(has(v, forms) for v in event)
    return any(form in str(event) for form in forms)


for line in sys.stdin:
    question = json.loads(line)
    forms = question["forms"]
    event = NORMALIZER.normalize_event(raw_event=json.dumps(question["event"]).encode())
    if not has(event, forms):
        print("gone")
    elif has(pii_strip_event(CONFIG, event), forms):
        print("shown")
    else:
        print("masked")
