/*
Package raven reports errors, panics and messages to Sentry.

	client, err := raven.New("https://PUBLIC_KEY@sentry.example.com/42")
	if err != nil {
		return err
	}
	defer client.Close(ctx)
	client.CaptureException(ctx, err, raven.Tags{"shard": "7"})

A [Client] is a plain value without global state, safe for concurrent use; a
program may have several. Code that reports should ask for a [Reporter], the
client's interface, which [Discard] and test doubles implement too.

# Where settings come from

Of several, the later wins: defaults, the environment, the DSN, Go options.

	setting      environment         option            default
	DSN          SENTRY_DSN          New's argument    none: a disabled client
	release      SENTRY_RELEASE      WithRelease       the revision that Go built in
	environment  SENTRY_ENVIRONMENT  WithEnvironment   production
	server name  SENTRY_NAME         WithServerName    the host's name

The DSN's scheme chooses how events travel and its query configures that: see
package transport. The option protocol is the client's own: envelope, the
default, is what every server of today takes; store is what the reference
client, Python's Raven, sends.

# Capturing

A capture builds and encodes the event on the calling goroutine, hands it to
the transport and returns the event's id. It never panics and never fails the
program: whatever the values do that it is given, the event is sent without
them; [Extra] names the two things that Go itself ends a program for.
[Client.Deliver] makes one attempt at once and waits for the outcome;
[WithRaiseSendErrors] does that for all events.

What goes with an event is given as typed values: [Tags], [Extra], [Level],
[User] and the other kinds of [CaptureOption].

# Context

A [Context] is what a program knows at a time, carried by context.Context:
tags, user, request and breadcrumbs that belong to one request, and to nothing
else that happens meanwhile.

	ctx, rc := raven.NewContext(r.Context(), client)
	rc.Merge(raven.User{ID: id}, raven.Tags{"route": route})
	raven.Record(ctx, raven.Breadcrumb{Category: "cache", Message: "miss"})
	client.CaptureException(ctx, err)

Where ctx carries none, the client's own serves, which all goroutines share.
[Go] starts a goroutine with a Context of its own. What is said closer to the
event wins: the client's settings, the Context, the event, the options of the
capture.

The functions of this package that are named as methods of the client, such as
[CaptureException], report with the client whose Context ctx carries, else with
the one that [SetDefault] was given. There is no other global.

# What an error is called

Sentry groups events by the type of the exception and its stack, and lists
them by type and text. An exception's type is the error's Go type if that tells
something: *fs.PathError, and every type of the program itself. Errors of
[errors.New], [fmt.Errorf], [errors.Join] and of the errors packages have types
that only carry a text, a stack or other errors. Such a one has

  - the type of the error that it wraps, if it wraps one;
  - else the function that it comes from, such as shop.checkout or
    shop.(*Cart).Add: the innermost one of the program on the stack that the
    error carries, else on that of the capture or the panic.

The same goes for panics with values of unnamed types and of Go's own, such as
strings. What the runtime panics with is runtime.Error. The Go type goes along
as go_type in the data of the exception's mechanism, see [Mechanism].

Stacks begin where an error was made, if it carries one. The calls that an
error has in common with one that it wraps are shown there alone.

# What is not sent

Passwords, tokens, card numbers and the like are masked in whatever goes with an
event, by [SanitizePasswords], which every client has. [WithProcessors] adds to
it; [WithBeforeSend] sees each event last, and may drop it. The text of messages
and errors is sent as it is, but for the secrets of URLs. docs/privacy.md has
the details.

An event of more than 1,000,000 bytes, which Sentry would refuse, is trimmed:
the data of breadcrumbs goes first, then the largest values of extra, the source
lines and variables of frames, all but the 50 outermost and innermost frames,
the oldest breadcrumbs, the request's data, the largest contexts and interfaces,
params, the user's data, modules, and last of all long texts. The context raven
of the event says what went. An event that is still too large is not sent; the
error is a [*TooLargeError].

# What becomes of an event

Every event that is captured ends in exactly one [OutcomeKind]. On purpose it
may be ignored ([WithIgnore]: by default those that say that somebody hung up),
sampled out ([WithSampleRate]), filtered or throttled ([Throttle]). It is lost
if its server does not take it, the transport has no room, or the client is
closed first. The default transport holds events while the server can't be
reached, for an hour at least, and sends them when it is back. Other transports
make one attempt, and after a failure the client sends nothing for 1 to 36
seconds. [Client.State] has the rules.

Of lost events the first of every burst is logged by log/slog, with what to do
about it. [Client.Flush] and [Client.Close] return what was lost,
[Client.Stats] counts all outcomes, [Client.Ledger] has them by id, and
[WithOnOutcome] hears of each. The server is told how much was dropped, and why
([WithClientReports]).

# Where it fits in

Packages below this one connect it: ravenhttp with net/http, ravenslog with
log/slog, ravenzap, ravenzerolog and ravenlogrus with the loggers that they are
named after, ravenlambda with AWS Lambda. raventest proves of middleware that
requests are kept apart. Each brings what it adapts and nothing else.

# What it does not do

Local variables are not recorded, since Go has no way to. Panics are
captured where [Client.Recover] is deferred; all others, and crashes of the Go
runtime itself such as a concurrent map write, are reported when the program
starts again, see [WithCrashReport].
*/
package raven
