package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// quick is enough to see that everything arrives. No test checks a time,
// because times differ from run to run.
var quick = settings{events: 150, burst: 400, rounds: 1, batches: 2, replay: 50, every: 2 * time.Millisecond, durable: 10 * time.Millisecond}

func TestCaptureRows(t *testing.T) {
	for name, tt := range map[string]struct {
		cases func(context.Context, *server) ([]captureCase, error)
		rows  int
	}{"clients": {captureCases, 5}, "features": {featureCases, 6}} {
		t.Run(name, func(t *testing.T) {
			rows, err := measureCapture(t.Context(), quick, tt.cases)
			if err != nil {
				t.Fatal(err)
			}
			if len(rows) != tt.rows {
				t.Fatalf("got %d rows, want %d", len(rows), tt.rows)
			}
			for _, r := range rows {
				if r.name == "" || r.ours.nanos <= 0 || r.peer.nanos <= 0 {
					t.Errorf("row %+v is incomplete", r)
				}
			}
			if first := rows[0]; first.ours.allocs < 1 || first.peer.allocs < 1 || first.ours.bytes < 1 || first.peer.bytes < 1 {
				t.Errorf("a capture without memory: %+v", first)
			}
		})
	}
}

func TestDeliveryRows(t *testing.T) {
	rows, err := measureDelivery(t.Context(), quick)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]map[int]bool{}
	for _, r := range rows {
		if r.sent != 2*quick.events || r.events != r.sent || r.perSecond <= 0 || r.bytes <= 0 {
			t.Errorf("row %+v: it should have sent and received %d", r, 2*quick.events)
		}
		if got[r.name] == nil {
			got[r.name] = map[int]bool{}
		}
		got[r.name][r.conns] = true
	}
	for _, name := range []string{bareName, transportName, bareEncodeName, oursName, bareFastName, fastTransportName} {
		if !got[name][1] || !got[name][someWorkers] {
			t.Errorf("%s is missing: %v", name, got)
		}
	}
	if !got[peerName][1] || len(rows) != 13 {
		t.Errorf("got %d rows: %v", len(rows), got)
	}
}

func TestBurstRows(t *testing.T) {
	rows, err := measureBurst(t.Context(), quick)
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != len(bursters) {
		t.Fatalf("got %d rows, want %d", len(rows), len(bursters))
	}
	for i, r := range rows {
		complete := r.sent == quick.burst && r.events > 0 && r.events <= r.sent && r.PeakBytes >= r.IdleBytes && r.IdleBytes > 0
		if !complete || !bursters[i].lossy && r.events != r.sent {
			t.Errorf("row %+v", r)
		}
	}
}

func TestOutageRows(t *testing.T) {
	rows, err := measureOutage(t.Context(), quick)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range rows {
		ours := !sufferers[i].peer
		if ours && (r.replay != r.replayed || r.replaying <= 0) || r.awayArrived > r.away || r.laterCame > r.later {
			t.Errorf("row %+v", r)
		}
	}
}

func TestSpoolRows(t *testing.T) {
	captures, err := measureSpoolCapture(t.Context(), quick)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range captures {
		if r.alone.nanos <= 0 || r.on.nanos <= 0 || r.alone.allocs < 1 {
			t.Errorf("row %+v", r)
		}
	}
	rates, err := measureDurable(t.Context(), quick)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rates {
		if len(r.perSecond) != len(capturers) || r.captured < 1 || r.name == memoryName && r.unspooled > 0 {
			t.Errorf("row %+v", r)
		}
	}
}

func TestBacklogRows(t *testing.T) {
	rows, err := measureBacklog(t.Context(), quick)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		onDisk := r.filled.DiskBytes
		if r.arrived != r.waiting || onDisk < int(r.body)*r.waiting || r.started.NewSeconds <= 0 || r.drained.Seconds <= 0 || r.ofMemory <= 0 {
			t.Errorf("row %+v", r)
		}
	}
}

// TestSinkRefuses refuses an event, which is not counted.
func TestSinkRefuses(t *testing.T) {
	srv, err := startServer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	project := srv.newProject()
	for _, step := range []struct {
		change func() error
		status int
		events int
	}{{srv.refuse, 503, 0}, {srv.accept, 200, 1}} {
		if err := step.change(); err != nil {
			t.Fatal(err)
		}
		r, err := http.Post(srv.endpoint(project), "", strings.NewReader(`{"event_id":"0123456789abcdef0123456789ab"}`))
		if err != nil {
			t.Fatal(err)
		}
		_ = r.Body.Close()
		if got, err := srv.arrived(project); err != nil || r.StatusCode != step.status || got.events != step.events {
			t.Errorf("got %d and %d events, %v; want %d and %d", r.StatusCode, got.events, err, step.status, step.events)
		}
	}
	if err := srv.stop(); err != nil {
		t.Error(err)
	}
}

func TestLossIsAnError(t *testing.T) {
	t.Parallel()
	if err := whole("burst", "x", 3, 3); err != nil {
		t.Errorf("nothing was lost: got %v", err)
	}
	err := whole("burst", "x", 3, 2)
	if e := new(lossError); !errors.As(err, &e) || err.Error() != "burst: x captured 3 events and 2 arrived" {
		t.Errorf("got %v", err)
	}
}

// TestSinkCounts distinguishes events from client reports, which no figure may
// include.
func TestSinkCounts(t *testing.T) {
	t.Parallel()
	const event, report = `{"event_id":"0123456789abcdef0123456789ab`, `{"sent_at":"2026-01-01T00:00:00Z","dsn":""`
	for _, tt := range []struct {
		head  string
		whole bool
		want  bool
	}{
		{"\x1f\x8b\x08\x00", false, true},
		{"\x1f\x8b\x08\x00", true, false},
		{zipped(event), true, true},
		{zipped(report), true, false},
		{event, false, true},
		{report, false, false},
		{"", true, false},
	} {
		if got := isEvent([]byte(tt.head), tt.whole); got != tt.want {
			t.Errorf("isEvent(%q, %v) = %v, want %v", tt.head, tt.whole, got, tt.want)
		}
	}
}

func zipped(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, text) // in memory
	_ = w.Close()
	return b.String()
}

func TestMedian(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		values []float64
		want   float64
	}{{nil, 0}, {[]float64{7}, 7}, {[]float64{9, 1, 2}, 2}, {[]float64{4, 1, 3, 100}, 3.5}} {
		if got := median(tt.values); got != tt.want {
			t.Errorf("median(%v) = %v, want %v", tt.values, got, tt.want)
		}
	}
}

func TestStatusLine(t *testing.T) {
	t.Parallel()
	got, ok := statusLine("Name:\tbench\nVmPeak:\t  99 kB\nVmHWM:\t    12 kB\n", "VmHWM")
	if got != 12<<10 || !ok {
		t.Errorf("got %d, %v", got, ok)
	}
	if _, ok := statusLine("Name:\tbench\n", "VmHWM"); ok {
		t.Error("found a peak where there is none")
	}
}
