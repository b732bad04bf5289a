/*
Package raven reports errors, panics and messages to Sentry.

	client, err := raven.New("https://PUBLIC_KEY@sentry.example.com/42")
	if err != nil {
		return err
	}
	defer client.Close(ctx)
	client.CaptureException(ctx, err, raven.Tags{"shard": "7"})

Begin with [New], [Client.CaptureException] and [Client.Close]. Code that
reports should take a [Reporter], which [Client], [Discard] and test doubles
implement. A program may have several clients; they share no state.

# Settings

Later columns override earlier ones.

	setting      default                         environment         option
	DSN          none: a disabled client         SENTRY_DSN          New's argument
	release      the revision that Go built in   SENTRY_RELEASE      WithRelease
	environment  production                      SENTRY_ENVIRONMENT  WithEnvironment
	server name  the host's name                 SENTRY_NAME         WithServerName

The DSN's scheme chooses the transport and its query sets the transport's
options; see package transport. The option protocol belongs to the client:
envelope, the default, is for today's servers, store is what Raven for Python
sends.

# Capturing

A capture builds and encodes an event on the calling goroutine, passes it to
the transport and returns the event's id. It does not panic, whatever the
methods of the given values do; [Extra] names two exceptions. [Client.Deliver]
makes one attempt at once and waits for the outcome. [WithRaiseSendErrors] does
that for all events.

Options of a capture are typed values: [Tags], [Extra], [Level], [User] and the
other kinds of [CaptureOption].

# Context

A [Context] holds the tags, user, request and breadcrumbs of one piece of work,
such as a request. A context.Context carries it.

	ctx, rc := raven.NewContext(r.Context(), client)
	rc.Merge(raven.User{ID: id}, raven.Tags{"route": route})
	raven.Record(ctx, raven.Breadcrumb{Category: "cache", Message: "miss"})
	client.CaptureException(ctx, err)

Where ctx carries none, the client's own Context is used, which all goroutines
share. [Go] starts a goroutine with its own Context. The options of a capture
override the event, the event overrides the Context, and the Context overrides
the client's settings.

Functions with the names of Client's methods, such as [CaptureException], use
the client whose Context ctx carries, else that of [SetDefault]. There is no
other global state.

# Types of exceptions

Sentry groups events by the exception's type and stack. The type is the error's
Go type if that says something: *fs.PathError, and every type of the program
itself. The types of [errors.New], [fmt.Errorf], [errors.Join] and of errors
packages only carry a text, a stack or other errors. In their place stands

  - the type of the wrapped error, if there is one;
  - else the function that the error comes from, such as shop.checkout or
    shop.(*Cart).Add: the innermost in-app function on the stack of the error,
    else of the capture or the panic.

The same applies to panics with values of unnamed and basic types, such as
strings. Panics of the runtime have the type runtime.Error. The Go type is in
the mechanism's data as go_type; see [Mechanism].

Stacks begin where an error was made, if it carries its stack. Calls that an
error shares with one that it wraps are shown only there.

# What is not sent

Passwords, tokens, card numbers and similar data are masked in everything that
goes with an event, by [SanitizePasswords]. [WithProcessors] adds processors.
[WithBeforeSend] sees each event last and may drop it. Texts of messages and
errors are sent with less masking. docs/privacy.md has the details. Local
variables are not recorded.

An event of more than 1,000,000 bytes, which Sentry would refuse, is trimmed:
first the data of breadcrumbs, then the largest values of extra, source lines
and variables, middle frames, old breadcrumbs, the request's data, contexts and
interfaces, params, the user's data, modules, and last long texts. The event's
context raven says what was removed. If the event is still too large, it is
not sent; the error is a [*TooLargeError].

# Outcomes

Every captured event ends in exactly one [OutcomeKind]. It may be dropped on
purpose: ignored ([WithIgnore]), sampled out ([WithSampleRate]), filtered
([WithBeforeSend]) or throttled ([Throttle]). It is lost if the server does not
accept it, the transport has no room, or the client is closed first. During an
outage the default transport holds events, for an hour at least. Other
transports make one attempt, and after a failure the client pauses for 1 to 36
seconds; see [Client.State].

The first loss of every burst is logged to log/slog, with advice.
[Client.Flush] and [Client.Close] return losses, [Client.Stats] counts all
outcomes, [Client.Ledger] lists them by id, and [WithOnOutcome] gets each one.
[WithClientReports] controls what the server is told about dropped events.

# Other packages

ravenhttp connects the client with net/http, ravenslog with log/slog, ravenzap,
ravenzerolog and ravenlogrus with the loggers of those names, and ravenlambda
with AWS Lambda. raventest checks that middleware separates requests.

Panics are captured where [Client.Recover] is deferred. Others, and crashes of
the runtime such as concurrent map writes, are reported at the next start if
[WithCrashReport] is used.
*/
package raven
