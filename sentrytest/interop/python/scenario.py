"""The scenario, with the Python SDK (sentry-sdk). It reports to SENTRY_DSN."""

import sentry_sdk
import sentry_sdk.logger
from sentry_sdk.attachments import Attachment
from sentry_sdk.crons import capture_checkin
from sentry_sdk.sessions import track_session

sentry_sdk.init(
    release="interop@1.2.3",
    environment="interop",
    server_name="scenario",
    enable_logs=True,
    auto_session_tracking=True,
    default_integrations=False,
)


def inner():
    raise ValueError("inner failure")


def outer():
    try:
        inner()
    except ValueError as cause:
        raise RuntimeError("outer failure") from cause


with sentry_sdk.isolation_scope() as scope:
    scope.set_user({"id": "42", "email": "ada@example.com"})
    scope.set_tag("shard", "7")
    sentry_sdk.add_breadcrumb(category="auth", message="signed in", level="info", data={"method": "key"})
    with track_session(scope, session_mode="application"):
        with sentry_sdk.new_scope() as attached:
            attached.add_attachment(bytes=b"hello attachment", filename="notes.txt")
            try:
                outer()
            except RuntimeError as failure:
                sentry_sdk.capture_exception(failure)
        sentry_sdk.capture_message("scenario message", level="warning")
    capture_checkin(monitor_slug="nightly", status="ok", duration=1.5)
    sentry_sdk.logger.info("scenario log")

sentry_sdk.flush(timeout=10)
