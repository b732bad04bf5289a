// Package transport takes encoded events to Sentry, the way a DSN asks for.
//
//	sync+https://PUBLIC_KEY@HOST/PROJECT?timeout=5&verify_ssl=0
//	└── how ──┘  └──── who, where ────┘ └──── tuned how ─────┘
//
// [ParseDSN] reads it, a [Registry] leads from its scheme to a [Driver], and
// the driver checks the options and opens a [Transport]. Applications leave
// all of that to package raven; they come here to register a transport of
// their own, to build one without a DSN ([NewHTTP], [NewThreaded]), or to look
// into an error.
//
// # Transports
//
// This package has those that need nothing but the standard library:
//
//	http, https                   threaded+…, the default
//	threaded+http, threaded+https a bounded queue and background workers
//	sync+http, sync+https         in the caller, blocking
//	stderr+http, stderr+https     printed for people, not sent
//	file+http, file+https         appended to a file as JSON lines, not sent
//
// # Options
//
// Options stand in the DSN's query, and each has a field in a configuration:
// [HTTPConfig], [ThreadedConfig], [FileConfig]. They are all checked when the
// transport is opened, and everything wrong with them is in the one error
// then, an *[OptionError] each. The option protocol ([DSN.Protocol]) is the
// client's: drivers do not see it.
//
// # Writing a transport
//
// Implement [Transport], or [AsyncTransport] if captures should not wait, and
// register a [Driver] for its scheme. The methods' comments are the rules.
// [DecodeOptions] gives the transport options of its own, checked like the
// built-in ones, and [Answer] turns a server's answer into the outcome every
// transport reports for it.
package transport
