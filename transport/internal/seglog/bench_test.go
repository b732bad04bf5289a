package seglog_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/ravenkit/ravenkit/transport/internal/seglog"
)

func BenchmarkAppend(b *testing.B) {
	body := make([]byte, 2048)
	for _, sync := range []bool{false, true} {
		for _, writers := range []int{1, 8, 64} {
			b.Run(fmt.Sprintf("sync=%v/goroutines=%d", sync, writers), func(b *testing.B) {
				l, err := seglog.Open(b.TempDir(), seglog.Config{Sync: sync, Wait: time.Minute, MaxBytes: 64 << 20})
				if err != nil {
					b.Fatal(err)
				}
				defer closeLog(b, l)
				work := make(chan struct{}, writers)
				done := make(chan struct{})
				b.ReportAllocs()
				b.ResetTimer()
				for range writers {
					go func() {
						for range work {
							if _, err := l.Append(context.Background(), time.Time{}, nil, body); err != nil {
								b.Error(err)
							}
						}
						done <- struct{}{}
					}()
				}
				for range b.N {
					work <- struct{}{}
				}
				close(work)
				for range writers {
					<-done
				}
				b.StopTimer()
			})
		}
	}
}

// BenchmarkDirect is an Append in the measuring goroutine, and an Ack.
func BenchmarkDirect(b *testing.B) {
	body := make([]byte, 2048)
	for _, ack := range []bool{false, true} {
		b.Run(fmt.Sprintf("ack=%v", ack), func(b *testing.B) {
			l, err := seglog.Open(b.TempDir(), seglog.Config{Wait: time.Minute, MaxBytes: 64 << 20})
			if err != nil {
				b.Fatal(err)
			}
			defer closeLog(b, l)
			b.ReportAllocs()
			for b.Loop() {
				pos, err := l.Append(context.Background(), time.Time{}, nil, body)
				if err != nil {
					b.Fatal(err)
				}
				if ack {
					l.Ack(pos, 1)
				}
			}
		})
	}
}

// BenchmarkBacklog opens a log with 100,000 frames that wait.
func BenchmarkBacklog(b *testing.B) {
	const frames = 100_000
	root, body := b.TempDir(), make([]byte, 2048)
	l, err := seglog.Open(root, seglog.Config{Wait: time.Minute})
	if err != nil {
		b.Fatal(err)
	}
	for range frames {
		if _, err := l.Append(context.Background(), time.Time{}, nil, body); err != nil {
			b.Fatal(err)
		}
	}
	bytes := l.Stats().Bytes
	closeLog(b, l)
	b.Run("open", func(b *testing.B) {
		for b.Loop() {
			l, err := seglog.Open(root, seglog.Config{})
			if err != nil {
				b.Fatal(err)
			}
			b.StopTimer()
			closeLog(b, l)
			b.StartTimer()
		}
		b.ReportMetric(float64(bytes)/frames, "B/frame")
	})
	b.Run("scan", func(b *testing.B) {
		for b.Loop() {
			l, err := seglog.Open(root, seglog.Config{})
			if err != nil {
				b.Fatal(err)
			}
			for l.Stats().Unscanned > 0 {
				time.Sleep(100 * time.Microsecond)
			}
			if n := l.Stats().Waiting; n != frames {
				b.Fatal(n)
			}
			closeLog(b, l)
		}
	})
	b.Run("read", func(b *testing.B) {
		for b.Loop() {
			l, err := seglog.Open(root, seglog.Config{})
			if err != nil {
				b.Fatal(err)
			}
			for range frames {
				if _, err := l.Next(context.Background()); err != nil {
					b.Fatal(err)
				}
			}
			closeLog(b, l)
		}
	})
}
