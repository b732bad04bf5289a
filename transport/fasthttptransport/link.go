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
// so a link is opened by its first exchange, which has one. It notes what
// happens on it: fasthttp takes whatever goes wrong before the first byte of an
// answer for an io.EOF. One exchange uses it at a time.
type link struct {
	net.Conn          // with TLS where the route has it; nil before open
	raw      net.Conn // below it
	answered bool     // the exchange has read something
	spoilt   bool     // no exchange will follow
	err      error    // the first that the exchange met
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

// begin starts an exchange, which is the last until done says otherwise. It is
// cut when ctx ends.
func (l *link) begin(ctx context.Context) {
	l.answered, l.spoilt, l.err = false, true, nil
	l.watch.begin(ctx)
}

// end ends the exchange. It reports whether nothing has cut it, or will.
func (l *link) end() bool { return l.watch.end() }

func (l *link) done(keep bool) { l.spoilt = !keep }

// unanswered reports whether the exchange broke off before any answer.
func (l *link) unanswered() bool { return !l.answered && l.err != nil }

// cut makes whatever the exchange is doing fail. It may come from another
// goroutine.
func (l *link) cut() { _ = l.raw.SetDeadline(time.Unix(1, 0)) }

// explain returns why an exchange failed, which its link knows better than
// fasthttp.
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

// Close closes the connection. After a failure it does without the farewell of
// TLS, which a server that does not read would hold up.
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
