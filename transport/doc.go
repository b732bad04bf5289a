// Package transport takes encoded events to Sentry, the way a DSN asks for.
//
//	sync+https://PUBLIC_KEY@HOST/PROJECT?timeout=5&verify_ssl=0
//	└── how ──┘  └──── who, where ────┘ └──── tuned how ─────┘
//
// [ParseDSN] reads it, a [Registry] leads from its scheme to a [Driver], and
// the driver checks the options and opens a [Transport]. Applications leave all
// of that to package raven; they come here to register a transport of their
// own, to build one without a DSN ([NewHTTP], [NewThreaded]), or to look into
// an error.
//
// # Transports
//
// This package has those that need no module of somebody else's to carry
// requests; the reference's names for them work too:
//
//	http, https         as the platform wants it, see Detect: mostly threaded+
//	threaded+http(s)    a bounded queue and background workers
//	sync+http(s)        in the caller, blocking
//	pool+http(s)        a goroutine an event, at most pool_size (gevent+)
//	spawn+http(s)       a goroutine an event, fire and forget (eventlet+)
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
// Options stand in the DSN's query, and each has a field in a configuration:
// [HTTPConfig], [ThreadedConfig], [FileConfig]. They are all checked when the
// transport is opened, and everything wrong with them is in the one error then,
// an *[OptionError] each. The option protocol ([DSN.Protocol]) is the client's:
// drivers do not see it.
//
// # Writing a transport
//
// Implement [Transport], or [AsyncTransport] if captures should not wait, and
// register a [Driver] for its scheme. The methods' comments are the rules, and
// transporttest.Test proves them. Another HTTP library needs an [Engine] only.
// [DecodeOptions] gives a transport options of its own, checked like the
// built-in ones.
package transport
