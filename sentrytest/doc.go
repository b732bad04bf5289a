// Package sentrytest is a fake Sentry server for tests. Any client library, in
// any language, reports to it as it would report to Sentry, and the test then
// checks what arrived.
//
//	srv := sentrytest.NewServer(t)
//	client := newClient(srv.DSN())
//	client.CaptureMessage("boom")
//	e := sentrytest.RequireEvent(t, srv, sentrytest.HasMessage("boom"))
//
// docs/testing.md has an example of each kind of test: with a process, a
// browser, an outage, without a network, with Ginkgo and other libraries.
//
// # Servers
//
// [NewServer] and [NewTLSServer] start a server for a test and close it with
// the test; [Start] is for Examples and programs. Every server has its own port
// and public key, and parallel tests may have any number of servers. An
// [InMemory] server opens no socket and works in a testing/synctest bubble,
// where time-outs take no time. The TLS options [Trusted], [Expired],
// [NotYetValid], [WrongHost], [SelfSigned], [UnknownCA], [IncompleteChain],
// [ClientCertRequired], [TLS12Only], [TLS10Only], [HandshakeStall] and
// [PlainHTTP] choose what goes wrong in a handshake, [SANs] the names in the
// certificate; [HTTP2] offers HTTP/2 beside HTTP/1.1. Clients trust
// [Server.CACertFile], [Server.CACertPEM] or [Server.CertPool].
//
// [Server.Down], [Server.Up] and [Server.Restart] are an outage: the port
// refuses connections, open connections break, and the records stay. A [Proxy]
// stands between client and server, and leads any host name to the server.
//
// # What is accepted
//
// The server takes POST /api/{project}/store/, envelope/, security/ (the
// reports of browsers) and minidump/, the legacy /api/store/, and GET on the
// store endpoint. It checks requests as Sentry's Relay does and answers with
// the same statuses and texts: auth in all its forms, Content-Encoding gzip,
// deflate, br and zstd, the legacy base64 bodies, the grammar of envelopes,
// size limits. By default it is more lenient than Relay: it takes any project
// and public key, raw deflate, and paths without the last slash or with a
// prefix. [Strict] refuses these too. Like Relay it does not check the fields
// of an event before it answers.
//
// [Differ] chooses the [Rules] of other servers, such as those of [RelayRules],
// [BugsinkRules] and [GlitchTipRules]. [Server.Rejected] lists what was refused
// and why; so do the messages of failed waits.
//
// # Records
//
// [Server.Events] has the events, read from any shape of the protocol;
// [Server.Envelopes] has whole envelopes with every item, of known type or not;
// [Server.Requests] has every request with its headers, its body before and
// after decompression, and the answer. Other items have types of their own:
// [Server.Transactions], [Server.Sessions], [Server.CheckIns], [Server.Logs],
// [Server.Metrics], [Server.Feedback], [Server.ClientReports] and
// [Server.Attachments]. An unreadable item is listed with a [Finding]. All are
// copies.
//
// [Server.Wait], [RequireEvent], [RequireEvents] and [RequireNoEvent] wait for
// events without sleeping. They take predicates such as [HasMessage] and
// [HasTag], which can say what an event has instead; [NewPredicate] makes
// others, and any [Source] can have the events. [InOrder] and [AnyOrder] ask
// for one event for each predicate. [Server.WaitIdle] waits until no request is
// in flight.
//
// # One server for many tests
//
// [Server.Tenant] gives a test a key and a project of its own on a shared
// server. A [Tenant] sees only what came with its DSN. [Server.Unowned] has
// what came with any other DSN; the messages of failed waits list it too. Each
// tenant's test answers for [Strict] and [FailOnUnclaimed] itself.
//
// # Checks of everything
//
//	Golden(t, event)              the whole event is as in a file
//	FailOnUnclaimed()             an option: no event comes that no assertion expects
//	Canary(t, srv)                a planted secret arrives nowhere, in no encoding
//	RequireNoLoss(t, client, srv) all that the client took has arrived
//	RequireSameIssue(t, a, b)     two events would be grouped; also RequireSeparateIssues
//
// The log of a failed test says where everything that it received is stored:
// see [Artifact].
//
// # Findings
//
// A server that answers 200 may still drop, cut or replace what it was sent.
// [Event.Findings], [Validate], [Envelope.Findings], [ValidateEnvelope],
// [Item.Findings] and [Server.Findings] say what a real one would do:
//
//	SeverityFatal    it refuses the thing, or accepts it and drops it later
//	SeverityWarning  it drops, cuts or replaces a value, and annotates that
//	SeverityInfo     the form is deprecated, or something is removed silently
//
// They are computed at each call. A [Strict] server fails its test on warnings.
//
// # Faults
//
// [Server.Script] queues steps for the next requests, after which the server
// answers as usual again:
//
//	srv.Script(sentrytest.Status(503), sentrytest.Reset().Times(2))
//
// The functions that return a [Step] answer, delay, break the connection or
// send nonsense; its methods set the answer, the time and the number of uses.
// An unused step fails the test, unless it is [Step.Optional].
//
// A [Fault] is a step for certain requests, by size, level, item type,
// category, endpoint, path, attempt, message or predicate, and by chance from a
// seed. [Server.Rule] adds faults that must be used:
//
//	srv.Rule(sentrytest.When(sentrytest.OnSizeOver(100_000)).Do(sentrytest.Status(413)))
//	srv.Rule(sentrytest.When(sentrytest.OnAttempt(1)).Do(sentrytest.Reset()).Probability(0.3, 42))
//
// [Server.SetFaults] switches faults while the server runs, and [ParseFaults]
// reads them from JSON. [Server.Usage] and [Server.Faults] count their uses.
//
// A stale kept-alive connection has two forms: after OK().ThenClose() the
// client can notice that its connection is closed; with Script(OK(),
// CloseConn()) it finds out by sending its second request.
//
// # With other libraries
//
// Package sentrymatchers has Gomega matchers with the same predicates and
// messages, and package sentryhttpmock puts the server behind a mock of
// github.com/jarcoal/httpmock. [Explain] is for other assertion libraries.
//
// # Inside a program
//
// A program that embeds a server puts its own handler on the same address with
// [Around], stores what arrives before it is acknowledged with [BeforeAnswer],
// and offers http and https at once with [ListenTLS]. [Spotlight] takes what
// SDKs send to Spotlight. The command sentrytest/cmd/fakesentry is such a
// program.
//
// # What it does not do
//
// It keeps everything in memory until [Server.Clear], or as much as
// [MaxHistory] allows. It does not sample, filter, group or store. It imports
// no client: a fake that shared the client's code would share its mistakes.
package sentrytest
