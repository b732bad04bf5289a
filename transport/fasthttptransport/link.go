package fasthttptransport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// link is a connection of the pool. fasthttp's dial functions have no context,
// so the first exchange opens the link. The link records errors, because
// fasthttp turns every error before the first byte of an answer into io.EOF.
// One exchange uses it at a time.
type link struct {
	net.Conn          // with TLS if the route uses it; nil before open
	raw      net.Conn // without TLS
	answered bool     // the exchange has read something
	spoilt   bool     // no exchange may follow
	err      error    // the first error of the exchange
	watch    watch    // cuts the exchange
}

func (l *link) isOpen() bool { return l.Conn != nil }

func (l *link) open(ctx context.Context, e *engine, r route) error {
	raw, conn, err := e.connect(ctx, r)
	if err != nil {
		return err
	}
	l.raw, l.Conn = raw, conn
	l.watch.cut = l.cut
	return nil
}

// begin starts an exchange, which is cut when ctx ends. The link is spoilt
// until done is called.
func (l *link) begin(ctx context.Context) {
	l.answered, l.spoilt, l.err = false, true, nil
	l.watch.begin(ctx)
}

// end ends the exchange. It reports whether the exchange was not cut and will
// not be.
func (l *link) end() bool { return l.watch.end() }

func (l *link) done(keep bool) { l.spoilt = !keep }

func (l *link) unanswered() bool { return !l.answered && l.err != nil }

// cut makes the running exchange fail. Any goroutine may call it.
func (l *link) cut() { _ = l.raw.SetDeadline(time.Unix(1, 0)) }

// explain returns the cause of a failed exchange: the link's own error is more
// precise than fasthttp's.
func (l *link) explain(ctx context.Context, err error) error {
	if l.err != nil {
		err = l.err
	}
	if errors.Is(err, io.EOF) && l.answered {
		err = io.ErrUnexpectedEOF
	}
	if ended := ctx.Err(); ended != nil {
		return fmt.Errorf("%w: %w", ended, err)
	}
	return err
}

// Read reads from the connection.
func (l *link) Read(b []byte) (int, error) {
	n, err := l.Conn.Read(b)
	l.answered = l.answered || n > 0
	l.note(err)
	return n, err
}

// Write writes to the connection.
func (l *link) Write(b []byte) (int, error) {
	n, err := l.Conn.Write(b)
	l.note(err)
	return n, err
}

func (l *link) note(err error) {
	if l.err == nil {
		l.err = err
	}
}

// Close closes the connection. After a failure it skips the closing message of
// TLS, which blocks if the server does not read.
func (l *link) Close() error {
	l.watch.stop()
	switch {
	case !l.isOpen():
		return nil
	case l.spoilt:
		return l.raw.Close()
	}
	return l.Conn.Close()
}
