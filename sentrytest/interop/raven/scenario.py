"""The scenario, with Raven for Python. It reports to SENTRY_DSN."""

import os

from raven import Client
from raven.transport.http import HTTPTransport

client = Client(
    os.environ["SENTRY_DSN"],
    release="interop@1.2.3",
    environment="interop",
    name="scenario",
    install_logging_hook=False,
    hook_libraries=[],
    transport=HTTPTransport,
    raise_send_errors=True,
)


def inner():
    raise ValueError("inner failure")


def outer():
    try:
        inner()
    except ValueError as cause:
        raise RuntimeError("outer failure") from cause


client.context.activate()
client.user_context({"id": "42", "email": "ada@example.com"})
client.tags_context({"shard": "7"})
client.captureBreadcrumb(category="auth", message="signed in", level="info", data={"method": "key"})
try:
    outer()
except RuntimeError:
    client.captureException()
client.captureMessage("scenario message", level=30)
