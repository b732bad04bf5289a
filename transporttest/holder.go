package transporttest

import "github.com/ravenkit/ravenkit/transport"

// holderOf returns a transport as a Holder. If the transport is none, Watch of
// the result returns false.
func holderOf(tr transport.AsyncTransport) transport.Holder {
	if h, ok := tr.(transport.Holder); ok {
		return h
	}
	return holdless{tr}
}

// holdless is a Holder that holds nothing.
type holdless struct{ transport.AsyncTransport }

func (holdless) HoldState() transport.HoldState { return transport.HoldState{} }

func (holdless) Watch(func(transport.Notice)) bool { return false }
