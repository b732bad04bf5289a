package sentrytest

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/ravenkit/ravenkit/sentrytest/internal/sockets"
	"github.com/ravenkit/ravenkit/sentrytest/internal/wire"
)

// noHTTP is the answer of a NotHTTP step: the greeting of another protocol, as
// on a wrong port.
const noHTTP = "220 mail.example.com ESMTP ready\r\n"

// write sends the answer as bytes and ends the connection. Unlike http.Server
// it announces no Connection: close.
func (a *answer) write(ctx context.Context, c net.Conn) error {
	defer c.Close()
	if a.step.kind == stepNotHTTP {
		_, err := io.WriteString(c, noHTTP)
		return err
	}
	head, body := a.head(), a.body
	if a.step.kind == stepBadChunking {
		body = "not a length\r\n" + body
	}
	if a.step.kind == stepResetWrite {
		head, body = cut(head, body, a.step.bytes)
	}
	if _, err := io.WriteString(c, head); err != nil {
		return err
	}
	if !pause(ctx, a.step.bodyDelay) {
		return ctx.Err()
	}
	if _, err := io.WriteString(c, body); err != nil {
		return err
	}
	if a.step.kind == stepResetWrite {
		return sockets.Reset(c)
	}
	return nil
}

// cut leaves the first n bytes of the two texts.
func cut(head, body string, n int) (string, string) {
	if n <= len(head) {
		return head[:n], ""
	}
	return head, body[:min(n-len(head), len(body))]
}

// head is what precedes the body of the answer on the wire.
func (a *answer) head() string {
	var b strings.Builder
	for _, code := range a.step.early {
		fmt.Fprintf(&b, "HTTP/1.1 %d %s\r\n\r\n", code, http.StatusText(code))
	}
	fmt.Fprintf(&b, "HTTP/1.1 %d %s\r\n", a.status, http.StatusText(a.status))
	h := a.header.Clone()
	wire.SetCORS(h)
	h.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	switch {
	case a.step.kind == stepBadChunking:
		h.Set("Transfer-Encoding", "chunked")
	case a.step.kind == stepWrongLength:
		h.Set("Content-Length", strconv.Itoa(a.step.bytes))
	case bodyAllowed(a.status):
		h.Set("Content-Length", strconv.Itoa(len(a.body)))
	}
	// Writing to a strings.Builder does not fail.
	_ = h.Write(&b)
	b.WriteString("\r\n")
	return b.String()
}
