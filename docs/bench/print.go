package main

import (
	"fmt"
	"io"
	"strings"
	"time"
)

func captureTable(title, ours, peer string) func([]captureRow) table {
	return func(rows []captureRow) table {
		t := table{
			title: title,
			head: []string{
				"", "ns/op " + ours, peer, "ratio", "B/op " + ours, peer, "ratio", "allocs/op " + ours, peer, "ratio",
			},
		}
		for _, r := range rows {
			cells := append([]string{r.name}, compared(r.ours.nanos, r.peer.nanos)...)
			if r.timeOnly {
				cells = append(cells, "", "", "", "", "", "")
			} else {
				cells = append(cells, compared(r.ours.bytes, r.peer.bytes)...)
				cells = append(cells, compared(r.ours.allocs, r.peer.allocs)...)
			}
			t.rows = append(t.rows, cells)
		}
		return t
	}
}

func deliveryTable(rows []deliveryRow) table {
	t := table{
		title: "Delivery over loopback",
		head: []string{
			"", "connections", "events/s", "of the bare client", "of " + peerName, "CPU µs/event", "body B/event",
		},
	}
	for _, r := range rows {
		cpu := ""
		if r.cpuMicros > 0 {
			cpu = figure(r.cpuMicros)
		}
		t.rows = append(t.rows, []string{
			r.name, fmt.Sprint(r.conns), figure(r.perSecond),
			ratio(r.perSecond, rateOf(rows, r.bare, r.conns)),
			ratio(r.perSecond, rateOf(rows, peerName, 1)), cpu, figure(r.bytes),
		})
	}
	return t
}

// rateOf returns the rate of another line, 0 if there is none.
func rateOf(rows []deliveryRow, name string, conns int) float64 {
	for _, r := range rows {
		if r.name == name && r.conns == conns {
			return r.perSecond
		}
	}
	return 0
}

func distanceTable(rows []distanceRow) table {
	t := table{title: "Distance", head: []string{"", "answer after", "spoken", "connections", "events/s", "of " + peerName, "CPU µs/event"}}
	for _, r := range rows {
		t.rows = append(t.rows, []string{
			r.name, r.away.String(), r.proto, fmt.Sprint(r.conns), figure(r.perSecond), fmt.Sprintf("%.1f", r.ofPeer), figure(r.cpuMicros),
		})
	}
	return t
}

func paceTable(rows []paceRow) table {
	t := table{title: "Concurrency when a server is disturbed", head: []string{"from 3 s on"}}
	for i := range rows[0].peaks {
		t.head = append(t.head, fmt.Sprintf("%g s", (time.Duration(i+1)*rows[0].every).Seconds()))
	}
	for _, r := range rows {
		cells := []string{r.name}
		for _, n := range r.peaks {
			cells = append(cells, fmt.Sprint(n))
		}
		t.rows = append(t.rows, cells)
	}
	return t
}

func burstTable(rows []burstRow) table {
	t := table{
		title: "Burst, captured as fast as one goroutine can",
		head: []string{
			"", "captured", "delivered", "share", "captured in", "delivered in", "memory before", "peak memory",
		},
	}
	for _, r := range rows {
		t.rows = append(t.rows, []string{
			r.name, fmt.Sprint(r.sent), fmt.Sprint(r.events),
			fmt.Sprintf("%.1f%%", 100*float64(r.events)/float64(r.sent)),
			fmt.Sprintf("%.2f s", r.CaptureSeconds), fmt.Sprintf("%.2f s", r.Seconds),
			mebibytes(r.IdleBytes), mebibytes(r.PeakBytes),
		})
	}
	return t
}

func outageTable(rows []outageRow) table {
	t := table{title: "Outage", head: []string{
		"", "server away for half of the time", "503 with Retry-After", "waiting when it comes back", "arrived", "first after", "replay, events/s",
	}}
	for _, r := range rows {
		rate := ""
		if r.replay > 1 && r.replaying > 0 {
			rate = figure(float64(r.replay) / r.replaying.Seconds())
		}
		t.rows = append(t.rows, []string{
			r.name, fmt.Sprintf("%d of %d", r.awayArrived, r.away), fmt.Sprintf("%d of %d", r.laterCame, r.later),
			fmt.Sprint(r.replayed), fmt.Sprint(r.replay), milliseconds(r.resumed), rate,
		})
	}
	return t
}

func acceptTable(rows []acceptRow) table {
	t := table{title: "Servers, events accepted over loopback", head: []string{
		"", "kept", "events/s", "of the first", "CPU µs/event", "peak memory", "B/event kept", "body B/event", "RequireNoLoss",
	}}
	for _, r := range rows {
		noLoss := ""
		if r.noLoss > 0 {
			noLoss = fmt.Sprintf("%.2f s", r.noLoss.Seconds())
		}
		t.rows = append(t.rows, []string{
			r.name, fmt.Sprint(r.events), figure(r.perSecond), ratio(r.perSecond, rows[0].perSecond),
			figure(float64(r.cpu.Microseconds()) / float64(r.sent)), mebibytes(r.peakBytes), fmt.Sprint(r.heapBytes / r.sent), fmt.Sprint(r.bodyBytes),
			noLoss,
		})
	}
	return t
}

func spoolTable(rows []spoolRow) table {
	t := table{title: "Capture with spool_dir", head: []string{
		"", "ns/op", "of " + peerName, "with all cores", "of " + peerName, "B/op", "of " + peerName, "allocs/op", "of " + peerName,
	}}
	peer := rows[len(rows)-1]
	for _, r := range rows {
		cells := []string{r.name}
		for _, c := range [][2]float64{
			{r.alone.nanos, peer.alone.nanos}, {r.on.nanos, peer.on.nanos}, {r.alone.bytes, peer.alone.bytes}, {r.alone.allocs, peer.alone.allocs},
		} {
			cells = append(cells, figure(c[0]), ratio(c[0], c[1]))
		}
		t.rows = append(t.rows, cells)
	}
	return t
}

func durableTable(rows []durableRow) table {
	t := table{title: "Captures per second while the server is away", head: []string{""}}
	for _, n := range capturers {
		t.head = append(t.head, fmt.Sprintf("%d goroutines", n), "of memory")
	}
	t.head[1] = "1 goroutine"
	t.head = append(t.head, "not on disk")
	for _, r := range rows {
		cells := []string{r.name}
		for i, rate := range r.perSecond {
			cells = append(cells, figure(rate), ratio(rate, rows[0].perSecond[i]))
		}
		cells = append(cells, fmt.Sprintf("%.1f%%", 100*float64(r.unspooled)/float64(max(r.captured, 1))))
		t.rows = append(t.rows, cells)
	}
	return t
}

func backlogTable(rows []backlogRow) table {
	t := table{title: "Events that wait on disk", head: []string{
		"waiting", "body B/event", "disk B/event", "memory B/event", "in a new process", "raven.New", "delivered", "events/s", "of a burst", "peak memory",
	}}
	for _, r := range rows {
		t.rows = append(t.rows, []string{
			fmt.Sprint(r.waiting), figure(r.body), figure(r.each(r.filled.DiskBytes)),
			figure(r.each(r.filled.After - r.filled.Before)), figure(r.each(r.started.After - r.started.Before)),
			milliseconds(seconds(r.started.NewSeconds)), fmt.Sprint(r.arrived), figure(r.perSecond()), ratio(r.perSecond(), r.ofMemory),
			mebibytes(r.drained.PeakBytes),
		})
	}
	return t
}

func ingestTable(rows []ingestRow) table {
	t := table{title: "fakesentry, a burst over loopback while its page is read", head: []string{
		"", "received", "kept", "events/s", "peak memory", "page, median", "worst", "API, median", "worst",
	}}
	for _, r := range rows {
		t.rows = append(t.rows, []string{
			r.name, fmt.Sprint(r.received), fmt.Sprint(r.kept), figure(float64(r.sent) / r.seconds), mebibytes(r.peakBytes),
			milliseconds(typical(r.page)), milliseconds(worst(r.page)), milliseconds(typical(r.api)), milliseconds(worst(r.api)),
		})
	}
	return t
}

func milliseconds(d time.Duration) string { return figure(d.Seconds()*1000) + " ms" }

func compared(ours, peer float64) []string {
	return []string{figure(ours), figure(peer), ratio(ours, peer)}
}

// figure formats a figure with a useful number of digits.
func figure(f float64) string {
	if f < 10 {
		return fmt.Sprintf("%.1f", f)
	}
	return fmt.Sprintf("%.0f", f)
}

func ratio(a, b float64) string {
	switch {
	case b == 0:
		return ""
	case a > 0 && a/b < 0.005:
		return "<0.01"
	}
	return fmt.Sprintf("%.2f", a/b)
}

func mebibytes(n int) string { return fmt.Sprintf("%.0f MiB", float64(n)/(1<<20)) }

type table struct {
	title string
	head  []string
	rows  [][]string
}

func (t *table) print(out io.Writer) {
	fmt.Fprintf(out, "\n### %s\n\n", t.title)
	printRow(out, t.head)
	rule := make([]string, len(t.head))
	for i := range rule {
		rule[i] = "---:"
	}
	rule[0] = "---"
	printRow(out, rule)
	for _, r := range t.rows {
		printRow(out, r)
	}
}

func printRow(out io.Writer, cells []string) {
	fmt.Fprintf(out, "| %s |\n", strings.Join(cells, " | "))
}
