package raven

import "context"

// Go runs fn in a goroutine of its own. For every client whose [Context] ctx
// carries, or for the default client if it carries none, fn's ctx carries a new
// Context that starts with what the other one holds when Go is called: what the
// goroutine merges and records is its own.
//
// A panic of fn is reported by the client whose Context ctx carries, else by
// the default client, and ends with the goroutine, as with [Client.Recover]:
// although there is no client, and not if it is [http.ErrAbortHandler], which
// ends the program as it would have without Go.
//
// Nothing waits for the goroutine. It ends when fn does.
func Go(ctx context.Context, fn func(ctx context.Context)) {
	ctx = fork(orBackground(ctx))
	go func() {
		defer Recover(ctx)
		fn(ctx)
	}()
}

// fork returns a ctx with new Contexts in place of those that it carries.
func fork(ctx context.Context) context.Context {
	list := carriedBy(ctx)
	if list == nil {
		ctx, _ = NewContext(ctx, Default())
		return ctx
	}
	return list.fork(ctx)
}

// fork replaces the Contexts of the list, the latest last, so that it stays the
// latest.
func (l *carried) fork(ctx context.Context) context.Context {
	if l.outer != nil {
		ctx = l.outer.fork(ctx)
	}
	ctx, _ = NewContext(ctx, l.rc.client)
	return ctx
}
