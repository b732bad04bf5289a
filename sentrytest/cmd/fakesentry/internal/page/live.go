package page

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// pulse is the shortest time between two messages of a live stream.
const pulse = 250 * time.Millisecond

// heartbeat is the time after which an idle live stream sends a comment.
const heartbeat = 15 * time.Second

// stream tells a page about changes since the number in the parameter after.
// The message has no contents: the page fetches itself again, so only one place
// decides what it shows.
func (p *Pages) stream(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(p.cfg.Lifetime, cancel)()

	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no") // turns off buffering in nginx
	control := http.NewResponseController(w)
	say := func(text string) bool {
		_, err := w.Write([]byte(text))
		return err == nil && control.Flush() == nil
	}

	changed := p.cfg.Store.Changed() // before reading the store, so that no change is missed
	alive := say(": live\n\n")
	if known, err := strconv.ParseInt(r.FormValue("after"), 10, 64); alive && err == nil && known != p.cfg.Store.Last() {
		alive = say(p.news()) && rest(ctx)
	}
	for alive {
		quiet := time.NewTimer(heartbeat)
		select {
		case <-changed:
			changed = p.cfg.Store.Changed()
			alive = say(p.news()) && rest(ctx)
		case <-quiet.C:
			alive = say(": nothing new\n\n")
		case <-ctx.Done():
			alive = false
		}
		quiet.Stop()
	}
}

func (p *Pages) news() string { return fmt.Sprintf("data: %d\n\n", p.cfg.Store.Last()) }

// rest waits for a pulse. It reports whether the stream continues.
func rest(ctx context.Context) bool {
	timer := time.NewTimer(pulse)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
