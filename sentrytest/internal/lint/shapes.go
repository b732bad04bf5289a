package lint

// The shapes of events and their interfaces in the protocol: see
// docs/protocol.md, "Interfaces". The reader of an event checks the types of
// attributes without a check.

var eventShape = shape{
	"event_id": nil, "timestamp": nil, "start_timestamp": nil, "received": nil,
	"type":        oneOf("default", "error", "csp", "hpkp", "expectct", "expectstaple", "nel", "transaction", "feedback"),
	"platform":    oneOf(platforms...),
	"level":       checkLevel,
	"logger":      all(cutAt(64), without("\r\n", "line ends")),
	"transaction": cutAt(200),
	"transaction_info": shape{
		"source":   oneOf("custom", "url", "route", "view", "component", "task", "unknown"),
		"original": nil, "changes": nil, "propagations": nil,
	}.closed,
	"culprit":     all(cutAt(200), deprecated("transaction says where an event comes from")),
	"server_name": cutAt(256 + 20),
	"site":        deprecated("a tag of that name does the same"),
	"release":     all(nonEmpty, longest(200), without("\r\n\t/\\", "line ends, tabs and slashes"), notWords(".", "..", "latest")),
	"dist":        all(longest(64), checkDist),
	"environment": all(nonEmpty, longest(64), without("\r\n/", "line ends and slashes"), notWords("none")),
	"tags":        nil,
	"extra":       checkExtra,
	"modules":     databag(Warning, 7, 8192),
	"fingerprint": nil,
	"time_spent":  checkTimeSpent,
	"errors":      each(Requires("type")),

	"logentry": logEntryShape.closed, "message": all(cutAt(8192+200), logEntryShape.closed), "sentry.interfaces.Message": logEntryShape.closed,
	"exception": exceptionCheck, "sentry.interfaces.Exception": exceptionCheck,
	"stacktrace":                   all(deprecated("exceptions and threads have their own"), checkStacktrace),
	"sentry.interfaces.Stacktrace": checkStacktrace,
	"threads":                      eachValue(all(Requires("id"), threadShape.closed)),
	"breadcrumbs":                  eachValue(breadcrumbShape.annotated), "sentry.interfaces.Breadcrumbs": eachValue(breadcrumbShape.annotated),
	"template": templateCheck, "sentry.interfaces.Template": templateCheck,
	"user": userCheck, "sentry.interfaces.User": userCheck,
	"request": requestShape.open, "sentry.interfaces.Http": requestShape.open,
	"contexts": checkContexts, "sentry.interfaces.Contexts": checkContexts,
	"sdk":        all(Requires("name", "version"), sdkShape.open),
	"debug_meta": debugMetaShape.closed,

	// Reports of browsers, and what transactions and servers add.
	"csp": nil, "hpkp": nil, "expectct": nil, "expectstaple": nil, "nel": nil,
	"spans": nil, "measurements": nil, "breakdowns": nil, "version": nil, "project": nil, "key_id": nil, "ingest_path": nil,
	"grouping_config": nil, "scraping_attempts": nil, "_meta": nil, "_metrics": nil, "_metrics_summary": nil,

	// Old SDKs send these, and servers remove them.
	"repos": removed, "query": removed, "device": removed, "applecrashreport": removed, "metadata": removed, "hashes": removed,
}

var platforms = []string{
	"as3", "c", "cfml", "cocoa", "csharp", "elixir", "go", "groovy", "haskell", "java", "javascript", "native", "node", "objc",
	"other", "perl", "php", "python", "ruby",
}

var logEntryShape = shape{"message": cutAt(8192 + 200), "formatted": cutAt(8192 + 200), "params": nil}

var exceptionCheck = all(eachValue(all(requiresOneOf(Warning, "type", "value"), exceptionShape.closed)), checkGroup)

var exceptionShape = shape{
	"type": nil, "value": nil, "module": nil, "thread_id": nil, "stacktrace": checkStacktrace, "raw_stacktrace": checkStacktrace,
	"mechanism": all(Requires("type"), mechanismShape.open),
}

var mechanismShape = shape{
	"exception_id": number(0), "parent_id": number(0),
	"meta": shape{"signal": nil, "mach_exception": nil, "ns_error": nil, "errno": nil}.closed,
}

var frameShape = shape{
	"function": cutAt(512), "raw_function": nil, "symbol": nil, "module": nil, "package": nil,
	"filename": cutAt(256 + 40), "abs_path": cutAt(2048), "lineno": number(0), "colno": number(0),
	"pre_context": nil, "context_line": nil, "post_context": nil, "in_app": nil, "vars": databag(Info, 5, 2048),
	"stack_start": nil, "platform": oneOf(platforms...), "source_link": nil, "lock": Requires("type"),
	"instruction_addr": checkAddress, "symbol_addr": checkAddress, "image_addr": checkAddress, "function_id": checkAddress,
	"addr_mode": nil, "data": nil, "trust": nil, "lang": nil, "snapshot": nil,
}

var stacktraceShape = shape{
	"frames": each(all(requiresOneOf(Warning, "filename", "function", "instruction_addr", "module", "abs_path"), frameShape.closed)),

	"registers": nil, "lang": nil, "snapshot": nil,
	"instruction_addr_adjustment": oneOf("auto", "all_but_first", "all", "none"),
}

var threadShape = shape{
	"id": nil, "name": nil, "crashed": nil, "current": nil, "main": nil, "state": nil, "held_locks": nil,
	"stacktrace": checkStacktrace, "raw_stacktrace": checkStacktrace,
}

var breadcrumbShape = shape{
	"timestamp": nil, "type": nil, "category": nil, "message": nil, "level": checkLevel, "event_id": nil,
	"data": databag(Info, 5, 2048), "origin": nil,
}

var templateCheck = all(Requires("filename", "lineno", "context_line"), shape{
	"filename": nil, "lineno": number(0), "context_line": nil, "abs_path": nil, "pre_context": nil, "post_context": nil,
}.closed)

var userCheck = all(requiresOneOf(Info, "id", "username", "email", "ip_address"), shape{
	"email": cutAt(75), "ip_address": checkIP, "segment": deprecated("a tag does the same"),
}.open)

var requestShape = shape{"data": databag(Warning, 7, 8192)}

var sdkShape = shape{"packages": each(Requires("name"))}

var debugMetaShape = shape{"sdk_info": nil, "images": each(checkImage)}

// Attributes that images of a kind need, and the kinds that there are.
var imageNeeds = map[string][]string{
	"macho": {"code_file", "debug_id"}, "elf": {"code_file", "debug_id"}, "pe": {"code_file", "debug_id"},
	"pe_dotnet": nil, "wasm": {"code_file", "debug_id"}, "symbolic": {"code_file", "debug_id"}, "apple": nil,
	"proguard": {"uuid"}, "sourcemap": {"code_file", "debug_id"}, "jvm": nil,
}
