// Command crash kills a program that captures events, again and again, and
// counts what reaches Sentry.
//
//	go run ./docs/examples/crash
//	go run ./docs/examples/crash -rounds 5
//
// The program has spool_dir in its DSN: an event is on disk before its capture
// returns. Sentry is a fake that is down, refuses, or loses its answers in most
// rounds. The last program ends well, and then nothing may be missing.
//
// main.go has the rounds, child.go has the program that is killed, and
// sentry.go has the fake Sentry.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"time"
)

func main() {
	if dsn := os.Getenv(childDSN); dsn != "" {
		os.Exit(child(dsn, os.Stdin, os.Stdout, os.Stderr))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "crash:", err)
		stop()
		os.Exit(1)
	}
}

// errLost is the error of a run in which events are missing at the end.
var errLost = errors.New("events were lost")

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("crash", flag.ContinueOnError)
	flags.SetOutput(stderr)
	rounds := flags.Int("rounds", 40, "how often the program is killed")
	if err := flags.Parse(args); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "crash")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	sentry, err := startSentry()
	if err != nil {
		return err
	}
	defer sentry.close()

	var all tally
	fmt.Fprintln(stdout, "round  Sentry               captured  arrived  on disk  twice")
	for round := range *rounds {
		if err := live(ctx, sentry, weathers[round%len(weathers)], dir, killed, &all); err != nil {
			return err
		}
		row(stdout, fmt.Sprint(round+1), weathers[round%len(weathers)].name, sentry, all)
	}
	if err := live(ctx, sentry, fine, dir, endsWell, &all); err != nil {
		return err
	}
	row(stdout, "end", fine.name, sentry, all)
	return report(stdout, sentry, all)
}

// tally is what the programs have said.
type tally struct {
	onDisk   []string // ids that captures returned
	inMemory []string // ids of events that could not be written
}

func row(w io.Writer, round, weather string, s *sentry, all tally) {
	missing, twice := s.compare(all.onDisk)
	n := len(all.onDisk)
	fmt.Fprintf(w, "%5s  %-19s  %8d  %7d  %7d  %5d\n", round, weather, n, n-len(missing), len(missing), twice)
}

func report(w io.Writer, s *sentry, all tally) error {
	missing, twice := s.compare(all.onDisk)
	n := len(all.onDisk)
	fmt.Fprintf(w, "\ncaptured %d, arrived %d, lost %d\n", n, n-len(missing), len(missing))
	fmt.Fprintf(w, "%d arrived twice: the program was killed, or the answer lost, after Sentry had them; Sentry drops the second\n", twice)
	if len(all.inMemory) > 0 {
		fmt.Fprintf(w, "%d more were in memory only, because the disk took more than 100 ms; a kill may lose these\n", len(all.inMemory))
	}
	if len(missing) > 0 {
		fmt.Fprintln(w, "missing:", strings.Join(missing, " "))
		return errLost
	}
	return nil
}

// ending is how a life ends.
type ending bool

const (
	killed   ending = false
	endsWell ending = true
)

// live runs this program as a child for about half a second, while the fake
// does what the weather says. It adds what the child prints to all.
func live(ctx context.Context, s *sentry, w weather, dir string, end ending, all *tally) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, self)
	cmd.Env = append(os.Environ(), childDSN+"="+s.dsn(dir))
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	clear, err := s.become(w)
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return errors.Join(err, clear())
	}
	timer := time.AfterFunc(200*time.Millisecond+rand.N(600*time.Millisecond), func() {
		if end == killed {
			_ = cmd.Process.Kill() // SIGKILL: the child runs nothing more
		} else {
			_ = stdin.Close()
		}
	})
	defer timer.Stop()
	all.read(stdout)
	err = cmd.Wait()
	if end == killed && ctx.Err() == nil {
		err = nil // it says that the child was killed
	}
	return errors.Join(err, clear())
}

// read reads what a child prints until it ends.
func (t *tally) read(r io.Reader) {
	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return // a line without an end does not count
		}
		id, where, _ := strings.Cut(strings.TrimSpace(line), " ")
		if where == onDisk {
			t.onDisk = append(t.onDisk, id)
		} else {
			t.inMemory = append(t.inMemory, id)
		}
	}
}
