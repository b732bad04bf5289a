// Package sentrytest is a fake Sentry server for tests: any client library, in
// any language, reports to it as it would report to Sentry, and the test then
// asks what arrived.
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
// [NewServer] and [NewTLSServer] start a server for a test and end it with the
// test; [Start] serves Examples and programs. Every server has a port and a
// public key of its own, nothing is global, and any number of them may run
// beside each other in parallel tests. An [InMemory] server opens no socket and
// can be used inside a testing/synctest bubble, where time-outs take no time.
// The TLS options [Trusted], [Expired], [NotYetValid], [WrongHost],
// [SelfSigned], [UnknownCA], [IncompleteChain], [ClientCertRequired],
// [TLS12Only], [TLS10Only], [HandshakeStall] and [PlainHTTP] choose what a
// client finds out in its handshake, [SANs] the names in the certificate;
// [HTTP2] offers HTTP/2 beside HTTP/1.1. [Server.CACertFile],
// [Server.CACertPEM] and [Server.CertPool] are what it has to trust.
//
// [Server.Down], [Server.Up] and [Server.Restart] are an outage: the port
// refuses, open connections break, and what was recorded stays. A [Proxy]
// stands between client and server, and leads whatever host the client names to
// the server.
//
// # What is accepted
//
// The server takes POST /api/{project}/store/, envelope/, security/ (the
// reports of browsers) and minidump/, the legacy /api/store/, and GET on the
// store endpoint. It checks requests as Sentry's Relay does and answers with
// the same statuses and texts: auth in all its forms, Content-Encoding gzip,
// deflate, br and zstd, the legacy base64 bodies, the grammar of envelopes,
// size limits. It is more lenient in these respects: any project and any public
// key are accepted, raw deflate passes for deflate, and paths may lack their
// last slash or have more before /api. Like Relay it does not judge the fields
// of an event before it answers.
//
// [Strict] refuses these too. Where real servers differ, [Differ] chooses by
// [Rules], such as those of [RelayRules], [BugsinkRules] and [GlitchTipRules].
//
// What is refused is listed with its reason in [Server.Rejected], and in the
// messages of failed waits.
//
// # Records
//
// [Server.Events] has the events, read from whichever shape of the protocol
// they came in; [Server.Envelopes] has whole envelopes with every item, of
// known type or not; [Server.Requests] has every request with its headers, its
// body before and after decompression, and the answer. What envelopes carry
// beside events has types of its own: [Server.Transactions], [Server.Sessions],
// [Server.CheckIns], [Server.Logs], [Server.Metrics], [Server.Feedback],
// [Server.ClientReports] and [Server.Attachments]. An item that cannot be read
// is there all the same, with a [Finding]. All are copies.
//
// [Server.Wait], [RequireEvent], [RequireEvents] and [RequireNoEvent] wait for
// events without sleeping. They take predicates such as [HasMessage] and
// [HasTag], which are values that say what an event has instead; [NewPredicate]
// makes more of them, and [Source] is what else events can be asked of.
// [InOrder] and [AnyOrder] want one event for each predicate. [Server.WaitIdle]
// waits until nothing is under way.
//
// # One server for many tests
//
// [Server.Tenant] gives a test a key and a project of its own on a server that
// others use too. A [Tenant] sees what came with its DSN and nothing else; what
// came with any other DSN is in [Server.Unowned], and in the messages of failed
// waits. What the server was told of the end of its test, by [Strict] and
// [FailOnUnclaimed], each tenant's test answers for itself.
//
// # Claims about everything
//
//	Golden(t, event)              the whole event is as in a file
//	FailOnUnclaimed()             an option: no event comes that nobody expected
//	Canary(t, srv)                a planted secret arrives nowhere, in no encoding
//	RequireNoLoss(t, client, srv) all that the client took has arrived
//	RequireSameIssue(t, a, b)     two events would be grouped, and RequireSeparateIssues
//
// When a test has failed, its log says where everything that it received is
// kept: see [Artifact].
//
// # Findings
//
// A server that answers 200 may still drop, cut or replace what it was sent.
// [Event.Findings], [Validate], [Envelope.Findings], [ValidateEnvelope],
// [Item.Findings] and [Server.Findings] say what a real one would do:
//
//	SeverityFatal    it refuses the thing, or accepts it and drops it later
//	SeverityWarning  it changes the thing and says so: a value that it drops, cuts or replaces
//	SeverityInfo     the shape is deprecated, or something is removed without a word
//
// They are computed when they are asked for. A [Strict] server fails its test
// on warnings by itself.
//
// # Faults
//
// [Server.Script] queues steps for the next requests, after which the server
// answers as usual again:
//
//	srv.Script(sentrytest.Status(503), sentrytest.Reset().Times(2))
//
// The functions that return a [Step] answer, hold back, break the connection or
// send nonsense; its methods say what is answered, when and how often. A step
// that is not used fails the test, unless it is [Step.Optional].
//
// A [Fault] ties a step to requests instead of to their order, by size, level,
// item type, category, endpoint, path, attempt, message or predicate, and by
// chance from a seed. [Server.Rule] takes faults as claims about the client:
//
//	srv.Rule(sentrytest.When(sentrytest.OnSizeOver(100_000)).Do(sentrytest.Status(413)))
//	srv.Rule(sentrytest.When(sentrytest.OnAttempt(1)).Do(sentrytest.Reset()).Probability(0.3, 42))
//
// [Server.SetFaults] switches faults while the server runs, and [ParseFaults]
// reads them from JSON. [Server.Usage] and [Server.Faults] say how often each
// has served.
//
// A stale kept-alive connection has two forms: after OK().ThenClose() the
// client can notice that its connection is gone; with Script(OK(), CloseConn())
// it finds out by sending its second request.
//
// # With other libraries
//
// Package sentrymatchers has Gomega matchers with the same predicates and
// messages, and package sentryhttpmock puts the server behind a mock of
// github.com/jarcoal/httpmock. [Explain] is for assertions of one's own.
//
// # Inside a program
//
// A program that embeds a server puts its own handler on the same address with
// [Around], keeps what arrives before it is acknowledged with [BeforeAnswer],
// and offers http and https at once with [ListenTLS]. [Spotlight] takes what
// SDKs send to Spotlight. The command sentrytest/cmd/fakesentry is such a
// program.
//
// # What it does not do
//
// It keeps everything in memory until [Server.Clear], or as much as
// [MaxHistory] says. It does not sample, filter, group or store, and it imports
// no client: a fake that shared the client's code would share its mistakes.
package sentrytest
