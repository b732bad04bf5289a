import io.sentry.Attachment;
import io.sentry.Breadcrumb;
import io.sentry.CheckIn;
import io.sentry.CheckInStatus;
import io.sentry.Sentry;
import io.sentry.SentryLevel;
import io.sentry.protocol.User;
import java.nio.charset.StandardCharsets;

/** The scenario, with the Java SDK (io.sentry:sentry). It reports to SENTRY_DSN. */
public final class Scenario {
  static void inner() {
    throw new IllegalArgumentException("inner failure");
  }

  static void outer() {
    try {
      inner();
    } catch (IllegalArgumentException cause) {
      throw new IllegalStateException("outer failure", cause);
    }
  }

  public static void main(String[] args) {
    Sentry.init(
        options -> {
          options.setDsn(System.getenv("SENTRY_DSN"));
          options.setRelease("interop@1.2.3");
          options.setEnvironment("interop");
          options.setServerName("scenario");
          options.getLogs().setEnabled(true);
        });
    Sentry.configureScope(
        scope -> {
          User user = new User();
          user.setId("42");
          user.setEmail("ada@example.com");
          scope.setUser(user);
          scope.setTag("shard", "7");
        });
    Breadcrumb crumb = new Breadcrumb("signed in");
    crumb.setCategory("auth");
    crumb.setLevel(SentryLevel.INFO);
    crumb.setData("method", "key");
    Sentry.addBreadcrumb(crumb);
    Sentry.startSession();
    try {
      outer();
    } catch (IllegalStateException failure) {
      byte[] notes = "hello attachment".getBytes(StandardCharsets.UTF_8);
      Sentry.captureException(
          failure, scope -> scope.addAttachment(new Attachment(notes, "notes.txt", "text/plain")));
    }
    Sentry.captureMessage("scenario message", SentryLevel.WARNING);
    Sentry.endSession();
    CheckIn checkIn = new CheckIn("nightly", CheckInStatus.OK);
    checkIn.setDuration(1.5);
    Sentry.captureCheckIn(checkIn);
    Sentry.logger().info("scenario log");
    Sentry.flush(10_000);
    Sentry.close();
  }
}
