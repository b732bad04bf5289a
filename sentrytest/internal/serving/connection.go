package serving

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
)

// connKey is the context key of a request's Info.
type connKey struct{}

// Info says which connection a request came on.
type Info struct {
	ID       int
	span     *Span
	Conn     net.Conn  // with TLS if there is any
	Live     *Conn     // below TLS; nil for a connection that no server of this package accepted
	Exchange *Exchange // of this request; nil without live
}

func newConnInfo(id int, l *Span, c net.Conn) Info {
	info := Info{ID: id, span: l, Conn: c, Live: liveOf(c)}
	if info.Live != nil {
		info.Exchange = &info.Live.own
	}
	return info
}

// InfoOf returns the connection of a request. It is the zero value if no span
// of this package serves the request.
func InfoOf(r *http.Request) Info {
	info, _ := r.Context().Value(connKey{}).(Info)
	return info
}

// liveOf returns the connection below TLS, nil if no listener of this package
// accepted it.
func liveOf(c net.Conn) *Conn {
	if t, ok := c.(*tls.Conn); ok {
		c = t.NetConn()
	}
	live, _ := c.(*Conn)
	return live
}

// Hijack takes the connection from http.Server and gives it to do, which has to
// close it. [Span.End] closes it too, and waits for do.
func Hijack(w http.ResponseWriter, r *http.Request, do func(net.Conn) error) {
	if l := InfoOf(r).span; l != nil {
		l.running.Add(1) // connState ends the count of the connection when it is hijacked
		defer l.running.Done()
	}
	c, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	stop := context.AfterFunc(r.Context(), func() { _ = c.Close() })
	defer stop()
	// After an error the client sees a broken connection, as intended.
	_ = do(c)
}
