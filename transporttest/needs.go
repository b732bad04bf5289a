package transporttest

import (
	"context"
	"errors"
	"slices"

	"github.com/ravenkit/ravenkit/transport"
)

// need is a condition that a transport must meet for a case to apply.
type need struct {
	met       func(h Harness) bool
	otherwise string
}

var (
	needsAsync = need{isAsync, "the transport delivers in its caller (it is no AsyncTransport)"}
	needsTLS   = need{hasTLS, "the transport has no https scheme"}
	needsHold  = need{holds, "the transport does not hold failed packets (it is no Holder, or its Watch returns false)"}
	needsTime  = need{func(h Harness) bool { return h.Network != nil }, "the case takes minutes and runs only in a testing/synctest bubble (Harness.Network)"}
	needsBound = need{isBounded, "the transport keeps on disk what has no room in its queue (its SpoolState has a Dir)"}
	needsQueue = need{func(h Harness) bool { return queueOption(h) != "" }, "the transport has no queue (no option queue_size or qsize)"}
)

// needsOption is met by transports that have an option.
func needsOption(name, value string) need {
	return need{func(h Harness) bool { return takesOption(h, name, value) }, "the transport has no option " + name}
}

// queueOption returns the name of the option that limits the queue, or "".
func queueOption(h Harness) string {
	for _, name := range []string{"queue_size", "qsize"} {
		if takesOption(h, name, "1") {
			return name
		}
	}
	return ""
}

func hasTLS(h Harness) bool {
	bases := h.bases()
	return len(bases) == 0 || slices.Contains(bases, "https")
}

// isAsync, holds, isBounded and takesOption open the transport to find out,
// because a harness may have no driver. They return true for a transport that
// can't be opened, so that the case reports the error.
func isAsync(h Harness) bool {
	async := true
	probe(h, func(tr transport.Transport, err error) {
		if err == nil {
			_, async = tr.(transport.AsyncTransport)
		}
	})
	return async
}

func holds(h Harness) bool {
	holds := true
	probe(h, func(tr transport.Transport, err error) {
		if err == nil {
			holder, ok := tr.(transport.Holder)
			holds = ok && holder.Watch(func(transport.Notice) {})
		}
	})
	return holds
}

func isBounded(h Harness) bool {
	bounded := true
	probe(h, func(tr transport.Transport, err error) {
		if s, ok := tr.(transport.Spooler); err == nil && ok {
			bounded = s.SpoolState().Dir == ""
		}
	})
	return bounded
}

func takesOption(h Harness, name, value string) bool {
	takes := true
	probe(h, func(_ transport.Transport, err error) {
		fault, ok := errors.AsType[*transport.OptionError](err)
		takes = !ok || !fault.Unknown()
	}, name, value)
	return takes
}

// probe opens the transport for a server to which nothing is sent.
func probe(h Harness, look func(transport.Transport, error), params ...string) {
	bases := h.bases()
	if len(bases) == 0 {
		look(nil, errNoBase)
		return
	}
	collect(context.Background(), func(t T) {
		dsn, err := transport.ParseDSN(h.scheme(bases[0]) + "://key@127.0.0.1:9/1")
		if err != nil {
			look(nil, err)
			return
		}
		for i := 0; i < len(params); i += 2 {
			dsn.Options.Set(params[i], params[i+1])
		}
		tr, err := h.open(dsn, h.env(t))
		look(tr, err)
		if err == nil {
			closeNow(tr, h.patience())
		}
	})
}

var errNoBase = errors.New("no driver for the scheme")
