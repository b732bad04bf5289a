// Package transport delivers encoded events to Sentry. A DSN says how:
//
//	sync+https://PUBLIC_KEY@HOST/PROJECT?timeout=5&verify_ssl=0
//	└── how ──┘  └──── who, where ────┘ └──── options ───────┘
//
// [ParseDSN] parses it. A [Registry] finds the [Driver] for its scheme. The
// driver checks the options and opens a [Transport]. Package raven does all of
// that for applications. Use this package to register a transport of your own,
// to build one without a DSN ([NewHTTP], [NewThreaded]), or to inspect an
// error.
//
// # Transports
//
// These need no import and no further module. The names of Raven for Python, in
// parentheses, work too:
//
//	http, https         threaded+; sync+ on serverless platforms (Detect)
//	threaded+http(s)    a bounded queue and background workers
//	sync+http(s)        in the caller, blocking
//	pool+http(s)        one goroutine per event, at most pool_size (gevent+)
//	spawn+http(s)       one goroutine per event, without a bound (eventlet+)
//	loop+http(s)        with callbacks on the program's own loop (tornado+)
//	tee+http(s)         to several DSNs
//	stderr+http(s)      printed for people, not sent
//	file+http(s)        appended to a file as JSON lines, not sent
//
// The others register themselves when their package is imported:
//
//	resty+http(s), threaded+resty+http(s)    restytransport (requests+)
//	fasthttp+http(s)                         fasthttptransport (aiohttp+)
//	reactor+http(s)                          reactortransport (twisted+)
//
// Package all imports all of them.
//
// # Options
//
// Options are in the DSN's query, and each has a field in a configuration:
// [HTTPConfig], [ThreadedConfig], [FileConfig]. Opening a transport checks all
// of them. The error joins one *[OptionError] for each fault. The option
// protocol ([DSN.Protocol]) is for the client: drivers do not see it.
//
// # Writing a transport
//
// Implement [Transport], or [AsyncTransport] if captures should not wait, and
// register a [Driver] for its scheme. The methods' comments are the rules, and
// transporttest.Test checks them. To use another HTTP library, implement an
// [Engine] only. [DecodeOptions] decodes a transport's own options and checks
// them like the built-in ones.
package transport
