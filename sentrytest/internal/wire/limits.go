package wire

// itemClass groups item types that share their limits, which are Relay's
// defaults: see docs/protocol.md, "Limits of a request".
type itemClass struct {
	types   []string
	count   int // items in one envelope, over all types of the class
	size    int // bytes of payload, of each item and of all together; 0 for no limit
	average int // bytes of a container's payload for each of its entries; 0 for no limit
}

// maxEventSize is the largest event, in bytes of JSON.
const maxEventSize = mib

const (
	kib = 1 << 10
	mib = 1 << 20
)

var itemClasses = [...]itemClass{
	{
		[]string{"event", "transaction", "security", "raw_security", "replay_event", "feedback", "form_data"},
		1, maxEventSize, 0,
	},
	{[]string{"attachment", "unreal_report", "user_report"}, 30, 200 * mib, 0},
	{[]string{"session", "sessions"}, 100, 10 * mib, 0},
	{[]string{"client_report"}, 100, 100 * kib, 0},
	{[]string{"check_in"}, 1, 100 * kib, 0},
	{[]string{"profile"}, 1, 50 * mib, 0},
	{[]string{"profile_chunk", "profile_chunk_ui"}, 1, 50 * mib, 0},
	{[]string{"replay_recording"}, 1, 10 * mib, 0},
	{[]string{"replay_video"}, 1, 10 * mib, 0},
	{[]string{"statsd"}, 1, mib, 0},
	{[]string{"metric_buckets"}, 1, mib, 0},
	{[]string{ItemLog}, 1, 12 * mib, 2 * mib},
	{[]string{ItemMetric}, 1, 12 * mib, mib},
	{[]string{spanContainer}, 1, 12 * mib, 10 * mib},
	{[]string{ItemSpan}, 25, 0, 0},
}

// classOf maps an item type to its place in itemClasses. Types that are not in
// it have no limits.
var classOf = func() map[string]int {
	m := map[string]int{}
	for i, class := range itemClasses {
		for _, t := range class.types {
			m[t] = i
		}
	}
	return m
}()

// Limits counts the items of one envelope. The zero value has counted none.
type Limits struct {
	count, size [len(itemClasses)]int
}

// Add counts an item, and refuses it if it exceeds a limit, which costs the
// whole envelope.
func (l *Limits) Add(item Item) *Refusal {
	i, ok := classOf[item.limitClass()]
	if !ok {
		return nil
	}
	limit := itemClasses[i]
	l.count[i]++
	l.size[i] += len(item.Payload)
	if l.count[i] > limit.count || limit.size > 0 && l.size[i] > limit.size {
		return TooLarge(item.Type)
	}
	if limit.average > 0 && len(item.Payload)/max(item.ItemCount, 1) > limit.average {
		return TooLarge(item.Type)
	}
	return nil
}

// spanContainer is the class of spans in a container.
const spanContainer = "span container"

// limitClass is the type that decides the limits of an item.
func (i Item) limitClass() string {
	if _, counted := i.Header["item_count"]; i.Type == ItemSpan && (counted || i.ContentType == "application/vnd.sentry.items.span.v2+json") {
		return spanContainer
	}
	return i.Type
}

// CreatesEvent has the item types that need an event id. If the envelope has
// none, the server makes one.
var CreatesEvent = map[string]bool{
	"event": true, "transaction": true, "attachment": true, "user_report": true, "feedback": true,
	"replay_event": true, "replay_recording": true, "replay_video": true, "profile": true,
	"security": true, "raw_security": true, "unreal_report": true, "form_data": true, "nel": true,
}
