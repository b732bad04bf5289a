package transporttest

import (
	"reflect"
	"runtime"
	"slices"
	"sync"
	"weak"

	"github.com/ravenkit/ravenkit/transport"
)

var packetCases = []Case{
	{
		Name: "PacketUnchanged", Rule: "The packet is only read: any number of goroutines may read it.",
		run: packetUnchanged,
	},
	{
		Name: "PacketNotKept", Rule: "The packet is only read, and not kept.",
		run: packetNotKept,
	},
}

// packetUnchanged sends one packet eight times concurrently, so that the race
// detector also sees changes that are undone.
func packetUnchanged(t *trial) {
	for _, compression := range []string{"gzip", "none"} {
		l := t.open(t.serve(), "compression", compression)
		for _, w := range l.ways() {
			p := l.packet()
			p.Header["X-Two"] = []string{"first", "second"}
			before := *p
			before.Header, before.Body = p.Header.Clone(), slices.Clone(p.Body)
			var outcomes sync.WaitGroup
			for range 8 {
				told := w.give(p)
				outcomes.Go(func() { <-told })
			}
			finish(t, w.name, outcomes.Wait)
			if !reflect.DeepEqual(*p, before) {
				t.Errorf("%s with compression=%s changed the packet:\nbefore %+v\nafter  %+v", w.name, compression, before, *p)
			}
		}
	}
}

// packetNotKept waits until the garbage collector has freed a packet. A few
// rounds are normal: a goroutine's stack may keep a reference for a while.
func packetNotKept(t *trial) {
	l := t.open(t.serve())
	for _, w := range l.ways() {
		kept := sendAndForget(t, l, w)
		t.until("the transport keeps no reference to a packet that "+w.name+" has delivered", func() bool {
			runtime.GC()
			return kept.Value() == nil
		})
	}
}

//go:noinline
func sendAndForget(t *trial, l *link, w way) weak.Pointer[transport.Packet] {
	p := l.packet()
	held := weak.Make(p)
	t.delivered(w.name, p, w.send(p))
	return held
}
