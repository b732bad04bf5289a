// The scenario, with the Node SDK (@sentry/node). It reports to SENTRY_DSN.
import * as Sentry from "@sentry/node";

Sentry.init({
  dsn: process.env.SENTRY_DSN,
  release: "interop@1.2.3",
  environment: "interop",
  serverName: "scenario",
  enableLogs: true,
  tracesSampleRate: 0,
});

function inner() {
  throw new TypeError("inner failure");
}

function outer() {
  try {
    inner();
  } catch (cause) {
    throw new Error("outer failure", { cause });
  }
}

Sentry.setUser({ id: "42", email: "ada@example.com" });
Sentry.setTag("shard", "7");
Sentry.addBreadcrumb({ category: "auth", message: "signed in", level: "info", data: { method: "key" } });
Sentry.startSession();
Sentry.withScope((scope) => {
  scope.addAttachment({ filename: "notes.txt", data: "hello attachment", contentType: "text/plain" });
  try {
    outer();
  } catch (failure) {
    Sentry.captureException(failure);
  }
});
Sentry.captureMessage("scenario message", "warning");
Sentry.captureCheckIn({ monitorSlug: "nightly", status: "ok", duration: 1.5 });
Sentry.logger.info("scenario log");
Sentry.endSession();

if (!(await Sentry.close(10000))) {
  console.error("not everything was delivered in time");
  process.exit(1);
}
