package sentrytest

// itemClass groups item types that share their limits (protocol section 2.4, Relay's defaults).
type itemClass struct {
	types []string
	count int // items in one envelope, over all types of the class
	size  int // bytes of payload, of each item and of all together
}

const (
	kib = 1 << 10
	mib = 1 << 20
)

var itemClasses = []itemClass{
	{
		[]string{"event", "transaction", "security", "raw_security", "replay_event", "feedback", "form_data"},
		1, MaxEventSize,
	},
	{[]string{"attachment", "unreal_report", "user_report"}, 30, 200 * mib},
	{[]string{"session", "sessions"}, 100, 10 * mib},
	{[]string{"client_report"}, 100, 100 * kib},
	{[]string{"check_in"}, 1, 100 * kib},
	{[]string{"profile"}, 1, 50 * mib},
	{[]string{"profile_chunk", "profile_chunk_ui"}, 1, 50 * mib},
	{[]string{"replay_recording"}, 1, 10 * mib},
	{[]string{"replay_video"}, 1, 10 * mib},
	{[]string{"statsd"}, 1, mib},
	{[]string{"metric_buckets"}, 1, mib},
	{[]string{"log"}, 1, 12 * mib},
	{[]string{"trace_metric"}, 1, 12 * mib},
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
	count := make([]int, len(itemClasses))
	size := make([]int, len(itemClasses))
	for _, item := range items {
		i, ok := classOf[item.Type]
		if !ok {
			continue
		}
		count[i]++
		size[i] += len(item.Payload)
		if count[i] > itemClasses[i].count || size[i] > itemClasses[i].size {
			return tooLarge(item.Type)
		}
	}
	return nil
}

// createsEvent holds the item types that need an event id; an envelope that has one of them but no id
// gets an id from the server (protocol section 4.5).
var createsEvent = map[string]bool{
	"event": true, "transaction": true, "attachment": true, "user_report": true, "feedback": true,
	"replay_event": true, "replay_recording": true, "replay_video": true, "profile": true,
	"security": true, "raw_security": true, "unreal_report": true, "form_data": true, "nel": true,
}
