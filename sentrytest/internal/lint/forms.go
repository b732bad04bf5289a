package lint

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/ravenkit/ravenkit/sentrytest/internal/eventid"
	"github.com/ravenkit/ravenkit/sentrytest/internal/jsontree"
	"github.com/ravenkit/ravenkit/sentrytest/internal/lenient"
	"github.com/ravenkit/ravenkit/sentrytest/internal/texts"
)

// forms are the checks of texts that need a form. The table has the types of
// all attributes.
var forms = map[string]Check{
	"timestamp": checkTime, "start_timestamp": checkTime, "breadcrumbs.values.[].timestamp": checkCrumbTime,
	"spans.[].timestamp": checkTime, "spans.[].start_timestamp": checkTime,
	"event_id":                              ignore, // its reader reports it
	"level":                                 checkLevel,
	"breadcrumbs.values.[].level":           checkLevel,
	"breadcrumbs.values.[].event_id":        checkUUID,
	"platform":                              checkPlatform,
	"release":                               checkRelease,
	"environment":                           checkEnvironment,
	"dist":                                  checkDist,
	"logger":                                without("\r\n", "line ends"),
	"user.ip_address":                       checkIP,
	"request.method":                        checkMethod,
	"request.cookies":                       checkCookies,
	"debug_meta.images.[].type":             ignore,
	"debug_meta.images.[].debug_id":         checkDebugID,
	"debug_meta.images.[].code_id":          ignore,
	"debug_meta.images.[].image_addr":       checkAddress,
	"debug_meta.images.[].image_vmaddr":     checkAddress,
	"contexts.device.uuid":                  checkUUID,
	"contexts.profile.profile_id":           checkUUID,
	"contexts.profile.profiler_id":          checkUUID,
	"contexts.replay.replay_id":             checkUUID,
	"spans.[].profile_id":                   checkUUID,
	"contexts.trace.trace_id":               hexID(32),
	"contexts.trace.span_id":                hexID(16),
	"contexts.trace.parent_span_id":         hexID(16),
	"spans.[].trace_id":                     hexID(32),
	"spans.[].span_id":                      hexID(16),
	"spans.[].parent_span_id":               hexID(16),
	"spans.[].segment_id":                   hexID(16),
	"contexts.trace.status":                 checkStatus,
	"spans.[].status":                       checkStatus,
	stacktracePath + ".registers.{}":        checkAddress,
	stacktracePath + ".frames.[].lock.type": ignore,

	stacktracePath + ".frames.[].instruction_addr": checkAddress,
	stacktracePath + ".frames.[].symbol_addr":      checkAddress,
	stacktracePath + ".frames.[].image_addr":       checkAddress,
	stacktracePath + ".frames.[].function_id":      checkAddress,

	"exception.values.[].mechanism.help_link": ignore,
	"hpkp": ignore, "expectct": ignore, "expectstaple": ignore, "nel": ignore,
}

// needs are the checks of objects that need certain attributes.
var needs = map[string]Check{
	"exception.values.[]":            requiresOneOf(Warning, "type", "value"),
	"exception.values.[].stacktrace": checkFrames, "exception.values.[].raw_stacktrace": checkFrames, "stacktrace": checkFrames,
	"threads.values.[].stacktrace": checkFrames, "threads.values.[].raw_stacktrace": checkFrames,
	"sdk":                              Requires("name", "version"),
	"errors.[]":                        Requires("type"),
	"contexts.trace":                   Requires("trace_id", "span_id"),
	"debug_meta.images.[]":             checkImage,
	"exception":                        requiresValues,
	"measurements.{}":                  Requires("value"),
	"threads.values.[].held_locks.{}":  Requires("type"),
	stacktracePath + ".frames.[].lock": Requires("type"),
	"extra":                            checkExtra,
}

const (
	aTime  = "a timestamp"
	aLevel = "a level"
)

// formNames are the names of forms, for values of another type.
var formNames = map[string]string{
	"timestamp": aTime, "start_timestamp": aTime, "breadcrumbs.values.[].timestamp": aTime,
	"spans.[].timestamp": aTime, "spans.[].start_timestamp": aTime,
	"level": aLevel, "breadcrumbs.values.[].level": aLevel, "platform": "a string", "user.ip_address": "an IP address or {{auto}}",
	"exception.values.[]": "an object", "debug_meta.images.[]": "an object",
}

func ignore(*List, string, any) {}

func checkTime(f *List, at string, value any) {
	if _, ok := lenient.Time(value); !ok {
		f.Add(Warning, at, InvalidData, value, "expected a timestamp")
	}
}

// checkCrumbTime also reports times before 1970, for which Relay drops the
// breadcrumb.
func checkCrumbTime(f *List, at string, value any) {
	checkTime(f, at, value)
	if t, ok := lenient.Time(value); ok && t.Unix() < 0 {
		f.Add(Warning, at, InvalidData, value, "too long ago: the server drops the breadcrumb")
	}
}

// checkLevel reports levels that are none, and those in an old form.
func checkLevel(f *List, at string, value any) {
	level, ok := lenient.Level(value)
	switch {
	case !ok:
		f.Add(Warning, at, InvalidData, value, "expected a level")
	case level != value:
		f.Add(Info, at, Deprecated, value, "deprecated: write %q", level)
	}
}

func checkUUID(f *List, at string, value any) {
	text, _ := value.(string)
	if _, ok := eventid.Normalize(text); !ok {
		f.Add(Warning, at, InvalidData, value, "expected a UUID")
	}
}

var platforms = []string{
	"as3", "c", "cfml", "cocoa", "csharp", "elixir", "go", "groovy", "haskell", "java", "javascript", "native", "node", "objc",
	"other", "perl", "php", "python", "ruby",
}

func checkPlatform(f *List, at string, value any) {
	if text, _ := value.(string); !slices.Contains(platforms, text) {
		f.Add(Warning, at, InvalidData, value, "expected one of %s", strings.Join(platforms, ", "))
	}
}

// reserved reports texts that are one of the words in any case.
func reserved(f *List, at string, value any, words ...string) {
	text, _ := value.(string)
	if text = strings.TrimSpace(text); slices.Contains(words, strings.ToLower(text)) {
		f.Add(Warning, at, InvalidData, value, "%q is reserved", text)
	}
}

// controls are the control characters of ASCII.
const controls = "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17" +
	"\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f\x7f"

func checkRelease(f *List, at string, value any) {
	without(controls+"/\\", "control characters and slashes")(f, at, value)
	reserved(f, at, value, ".", "..", "latest")
}

func checkEnvironment(f *List, at string, value any) {
	without(controls+"/\\", "control characters and slashes")(f, at, value)
	reserved(f, at, value, ".", "..", "none")
}

var distChars = regexp.MustCompile(`^[a-zA-Z0-9_.-]*$`)

func checkDist(f *List, at string, value any) {
	if text, ok := value.(string); ok && !distChars.MatchString(strings.TrimSpace(text)) {
		f.Add(Warning, at, InvalidData, value, "only letters, digits and _ . - are allowed")
	}
}

func checkIP(f *List, at string, value any) {
	text, _ := value.(string)
	if text == "{{auto}}" {
		return
	}
	if ip, err := netip.ParseAddr(text); err != nil || ip.Zone() != "" {
		f.Add(Warning, at, InvalidData, value, "expected an IP address or {{auto}}")
	}
}

var methodChars = regexp.MustCompile(`^[A-Za-z_-]{1,32}$`)

func checkMethod(f *List, at string, value any) {
	if text, ok := value.(string); !ok || !methodChars.MatchString(text) {
		f.Add(Warning, at, InvalidData, value, "expected a method of HTTP")
	}
}

// checkCookies looks at cookies in a text. A part without a value costs all.
func checkCookies(f *List, at string, value any) {
	text, ok := value.(string)
	if !ok || text == "" {
		return
	}
	for part := range strings.SplitSeq(text, ";") {
		if !strings.Contains(part, "=") {
			f.Add(Warning, at, InvalidData, value, "a cookie without a value")
			return
		}
	}
}

var debugID = regexp.MustCompile(`^[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}(-?[0-9a-fA-F]{1,8})?$`)

func checkDebugID(f *List, at string, value any) {
	if text, ok := value.(string); !ok || !debugID.MatchString(text) {
		f.Add(Warning, at, InvalidData, value, "expected a debug id")
	}
}

// requiresValues reports a list in the form of an object without its values.
func requiresValues(f *List, at string, value any) {
	if fields, ok := value.(map[string]any); ok && len(fields) > 0 && fields["values"] == nil {
		f.Add(Warning, jsontree.Join(at, "values"), MissingAttribute, Absent{}, "missing: the protocol requires it")
	}
}

// spanStatuses are the values of the status of a span.
var spanStatuses = []string{
	"ok", "cancelled", "unknown", "unknown_error", "invalid_argument", "deadline_exceeded", "not_found", "already_exists",
	"permission_denied", "resource_exhausted", "failed_precondition", "aborted", "out_of_range", "unimplemented", "internal_error",
	"unavailable", "data_loss", "unauthenticated",
}

func checkStatus(f *List, at string, value any) {
	if text, ok := value.(string); ok && !slices.Contains(spanStatuses, text) {
		f.Add(Warning, at, InvalidData, value, "expected one of %s", strings.Join(spanStatuses, ", "))
	}
}

var hexAddress = regexp.MustCompile(`^(0x[0-9a-fA-F]{1,16}|[0-9]{1,20})$`)

func checkAddress(f *List, at string, value any) {
	if text, ok := value.(string); ok && !hexAddress.MatchString(text) {
		f.Add(Warning, at, InvalidData, value, `expected an address: "0x…", a decimal text or a number`)
	}
}

// checkExtra compares the whole of extra with its limit.
func checkExtra(f *List, at string, value any) {
	const most = 262144
	if _, size := jsontree.Measure(value); size > most {
		f.Add(Warning, at, Truncated, Absent{}, "%d bytes: pruned to %d", size, most)
	}
}

// checkFrames requires frames, and reports numbers of frames that servers
// reduce.
func checkFrames(f *List, at string, value any) {
	fields, ok := value.(map[string]any)
	if !ok {
		return
	}
	frames, _ := fields["frames"].([]any)
	path := jsontree.Join(at, "frames")
	switch n := len(frames); {
	case fields["frames"] == nil:
		f.Add(Warning, path, MissingAttribute, Absent{}, "missing: the protocol requires it")
	case n > 250:
		f.Add(Warning, path, Truncated, Absent{}, "%d frames: those in the middle are removed down to 250", n)
	case n > 50:
		f.Add(Info, path, Truncated, Absent{}, "%d frames: beyond 50, those in the middle lose their variables and source", n)
	}
}

// imageNeeds has the attributes that images of a kind need.
var imageNeeds = map[string][]string{
	"macho": {"code_file", "debug_id"}, "elf": {"code_file", "debug_id"}, "pe": {"code_file", "debug_id"},
	"pe_dotnet": {"code_file", "debug_id"}, "wasm": {"code_file", "debug_id"}, "symbolic": {"code_file", "debug_id"}, "apple": {"code_file", "debug_id"},
	"proguard": {"uuid"}, "sourcemap": {"code_file", "debug_id"}, "jvm": {"debug_id"},
}

func checkImage(f *List, at string, value any) {
	fields, ok := value.(map[string]any)
	if !ok {
		return
	}
	kind, _ := fields["type"].(string)
	needs, known := imageNeeds[kind]
	if !known {
		f.Add(Warning, jsontree.Join(at, "type"), InvalidData, fields["type"], "expected one of %s", strings.Join(texts.SortedKeys(imageNeeds), ", "))
	}
	Requires(needs...)(f, at, value)
}
