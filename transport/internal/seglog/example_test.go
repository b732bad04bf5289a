package seglog_test

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/ravenkit/ravenkit/transport/internal/seglog"
)

func Example() {
	dir, err := os.MkdirTemp("", "seglog")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()

	// One process appends, and ends before it delivers.
	l, err := seglog.Open(dir, seglog.Config{MaxBytes: 256 << 20})
	if err != nil {
		panic(err)
	}
	if _, err := l.Append(ctx, time.Now(), []byte("greeting"), []byte("hello")); err != nil {
		panic(err)
	}
	if err := l.Close(ctx); err != nil {
		panic(err)
	}

	// The next process delivers.
	l, err = seglog.Open(dir, seglog.Config{MaxBytes: 256 << 20})
	if err != nil {
		panic(err)
	}
	f, err := l.Next(ctx)
	if err != nil {
		panic(err)
	}
	l.Attempt(f.Pos)
	fmt.Printf("%s: %s, recovered: %v\n", f.Meta, f.Body, f.Recovered)
	l.Ack(f.Pos, 1)
	if err := l.Close(ctx); err != nil {
		panic(err)
	}

	// Output: greeting: hello, recovered: true
}
