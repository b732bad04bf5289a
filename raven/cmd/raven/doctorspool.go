package main

import (
	"context"
	"errors"
	"io/fs"

	"github.com/ravenkit/ravenkit/raven/internal/advice"
	"github.com/ravenkit/ravenkit/transport"
)

// spoolStep returns the step for a DSN with a spool, else nil.
func (e *examination) spoolStep() func(context.Context) finding {
	if t, err := e.env.target(e.given); err != nil || t.spoolDir() == "" {
		return nil
	}
	return e.spool
}

// spool examines the directory of the DSN's events. It delivers none of them.
func (e *examination) spool(context.Context) finding {
	t := e.target
	if !t.sends() {
		return skip("%s+… keeps no spool", t.driver.Name)
	}
	if _, ok := e.watch.Transport.(transport.Spooler); !ok {
		return skip("the transport ignores spool_dir on this platform: each event is delivered before its capture returns")
	}
	check, err := transport.CheckSpool(t.spoolDir(), t.dsn)
	if err != nil {
		return bad(err, advice.For(err, t.dsn))
	}
	var sum spoolSum
	err = transport.ReadSpool(check.Dir, func(p transport.SpooledPacket) bool {
		sum.add(p)
		return true
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return unusable(spoolError(err))
	}
	f := ok("%s can be written; %s", check.Dir, sum.String())
	if free := sum.count - sum.held; free > 0 {
		f = f.with("to deliver", "no process holds %s: the program's next start delivers them, or raven spool retry", count(free, "event"))
	}
	if check.Damaged > 0 {
		f = f.with("damaged", "%s with what is left of damaged events, %s, in corrupt: these events are lost, and the files may be removed", count(check.Damaged, "file"), byteSize(check.DamagedBytes))
	}
	if check.NetworkFS != "" {
		f = f.with("warning", "the directory is on a network file system (%s): its locks may not hold, so let one process use it, or choose a local disk", check.NetworkFS)
	}
	return f
}
