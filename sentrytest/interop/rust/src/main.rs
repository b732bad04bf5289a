//! The scenario, with the Rust SDK (sentry). It reports to SENTRY_DSN.

use std::{fmt, time::Duration};

use sentry::protocol::{
    Attachment, Breadcrumb, EnvelopeItem, Map, MonitorCheckIn, MonitorCheckInStatus, User,
};
use sentry::Level;

#[derive(Debug)]
struct Inner;

impl fmt::Display for Inner {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("inner failure")
    }
}

impl std::error::Error for Inner {}

#[derive(Debug)]
struct Outer(Inner);

impl fmt::Display for Outer {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("outer failure")
    }
}

impl std::error::Error for Outer {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

fn main() {
    let dsn = std::env::var("SENTRY_DSN").expect("SENTRY_DSN is not set");
    let options = sentry::ClientOptions::new()
        .dsn(&dsn)
        .release("interop@1.2.3")
        .environment("interop")
        .server_name("scenario")
        .attach_stacktrace(true);
    let guard = sentry::init(options);
    sentry::configure_scope(|scope| {
        scope.set_user(Some(User {
            id: Some("42".into()),
            email: Some("ada@example.com".into()),
            ..Default::default()
        }));
        scope.set_tag("shard", "7");
    });
    let mut data = Map::new();
    data.insert("method".into(), "key".into());
    sentry::add_breadcrumb(Breadcrumb {
        category: Some("auth".into()),
        message: Some("signed in".into()),
        level: Level::Info,
        data,
        ..Default::default()
    });
    sentry::start_session();
    sentry::with_scope(
        |scope| {
            scope.add_attachment(Attachment {
                buffer: b"hello attachment".to_vec(),
                filename: "notes.txt".into(),
                ..Default::default()
            });
        },
        || sentry::capture_error(&Outer(Inner)),
    );
    sentry::capture_message("scenario message", Level::Warning);
    sentry::end_session();
    sentry::logger_info!("scenario log");
    let check_in = MonitorCheckIn {
        check_in_id: sentry::types::random_uuid(),
        monitor_slug: "nightly".into(),
        status: MonitorCheckInStatus::Ok,
        environment: Some("interop".into()),
        duration: Some(1.5),
        monitor_config: None,
    };
    let client = sentry::Hub::current().client().expect("the client is disabled");
    client.send_envelope(EnvelopeItem::from(check_in).into());
    let delivered = client.close(Some(Duration::from_secs(10)));
    drop(guard);
    if !delivered {
        eprintln!("not everything was delivered in time");
        std::process::exit(1);
    }
}
