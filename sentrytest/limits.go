package sentrytest

// itemClass groups item types that share their limits (protocol section 2.4, Relay's defaults).
type itemClass struct {
	types   []string
	count   int // items in one envelope, over all types of the class
	size    int // bytes of payload, of each item and of all together; 0 for no limit
	average int // bytes of a container's payload for each of its entries; 0 for no limit
}

const (
	kib = 1 << 10
	mib = 1 << 20
)

var itemClasses = [...]itemClass{
	{
		[]string{"event", "transaction", "security", "raw_security", "replay_event", "feedback", "form_data"},
		1, MaxEventSize, 0,
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
	{[]string{itemLog}, 1, 12 * mib, 2 * mib},
	{[]string{itemMetric}, 1, 12 * mib, mib},
	{[]string{spanContainer}, 1, 12 * mib, 10 * mib},
	{[]string{itemSpan}, 25, 0, 0},
}

// classOf maps an item type to its place in itemClasses. Types that are not in it have no limits.
var classOf = func() map[string]int {
	m := map[string]int{}
	for i, class := range itemClasses {
		for _, t := range class.types {
			m[t] = i
		}
	}
	return m
}()

// checkLimits returns the refusal for the first item that exceeds a limit. One is enough to lose the whole
// envelope.
func checkLimits(items []Item) *refusal {
	var count, size [len(itemClasses)]int
	for _, item := range items {
		i, ok := classOf[item.limitClass()]
		if !ok {
			continue
		}
		limit := itemClasses[i]
		count[i]++
		size[i] += len(item.Payload)
		if count[i] > limit.count || limit.size > 0 && size[i] > limit.size {
			return tooLarge(item.Type)
		}
		if limit.average > 0 && len(item.Payload)/max(item.ItemCount, 1) > limit.average {
			return tooLarge(item.Type)
		}
	}
	return nil
}

// spanContainer stands for the spans that come in a container, which have limits of their own.
const spanContainer = "span container"

// limitClass is the type by which an item's limits are found.
func (i Item) limitClass() string {
	if _, counted := i.Header["item_count"]; i.Type == itemSpan && (counted || i.ContentType == "application/vnd.sentry.items.span.v2+json") {
		return spanContainer
	}
	return i.Type
}

// createsEvent holds the item types that need an event id; an envelope that has one of them but no id
// gets an id from the server (protocol section 4.5).
var createsEvent = map[string]bool{
	"event": true, "transaction": true, "attachment": true, "user_report": true, "feedback": true,
	"replay_event": true, "replay_recording": true, "replay_video": true, "profile": true,
	"security": true, "raw_security": true, "unreal_report": true, "form_data": true, "nel": true,
}
