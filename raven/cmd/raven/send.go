package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/raven/internal/advice"
)

type sendCommand struct {
	Message     string            `placeholder:"TEXT" help:"The event's message, taken literally."`
	Level       raven.Level       `enum:"debug,info,warning,error,fatal" default:"error" placeholder:"LEVEL" help:"The severity: ${enum}. Default: ${default}."`
	Tag         map[string]string `mapsep:"none" placeholder:"K=V" help:"A tag; may be given more than once."`
	Extra       map[string]string `mapsep:"none" placeholder:"K=V" help:"Further data; a JSON value is sent as JSON, any other value as text. May be given more than once."`
	Exception   string            `placeholder:"TYPE:VALUE" help:"An exception, such as 'IOError:disk full'."`
	Count       int               `default:"1" placeholder:"N" help:"How many events to send. Default: ${default}."`
	Concurrency int               `default:"1" placeholder:"N" help:"How many to send at one time. Default: ${default}."`
	DSN         string            `arg:"" optional:"" name:"dsn" help:"The DSN to send to. Default: SENTRY_DSN."`
}

// Help returns the command's detailed help.
func (*sendCommand) Help() string {
	return `The id of each delivered event is printed on a line of stdout. The command waits for the outcome of every event, with any
transport. At the end it prints each distinct error, and how often it occurred. It leaves the spool_dir of the DSN alone.

    raven send --message 'backup failed' --level warning --tag host=db-1 --extra gb=12
    raven send --exception 'IOError:disk full' sync+https://KEY@HOST/1
    raven send --count 10000 --concurrency 50 'https://KEY@HOST/1?max_conns=50'
`
}

// Run runs `raven send`.
func (c *sendCommand) Run(ctx context.Context, env *environment) error {
	event, err := c.event()
	if err != nil {
		return err
	}
	t, err := env.target(c.DSN)
	if err != nil {
		return err
	}
	client, err := env.open(t, nil)
	if err != nil {
		return err
	}
	s := &sending{client: client, event: event, count: c.Count, concurrency: min(c.Concurrency, c.Count)}
	err = s.run(ctx, env)
	if errs := s.failures.report(s.count, s.delivered); errs != nil {
		err = errors.Join(&advised{errs, advice.For(s.failures.first(), t.dsn)}, err)
	}
	return shut(ctx, client, err)
}

const testMessage = "This is a test message from raven send"

// event returns the event that the flags describe. The error has all invalid
// flags.
func (c *sendCommand) event() (*raven.Event, error) {
	var faults []error
	if c.Count < 1 {
		faults = append(faults, fmt.Errorf("--count=%d: want at least 1", c.Count))
	}
	if c.Concurrency < 1 {
		faults = append(faults, fmt.Errorf("--concurrency=%d: want at least 1", c.Concurrency))
	}
	event := &raven.Event{Message: c.Message, Level: c.Level, Logger: "raven.send", Tags: c.Tag, Extra: raven.Extra{}}
	for key := range c.Tag {
		if key == "" {
			faults = append(faults, errors.New("--tag: the name before = is empty"))
		}
	}
	for key, value := range c.Extra {
		if key == "" {
			faults = append(faults, errors.New("--extra: the name before = is empty"))
		}
		event.Extra[key] = jsonOrText(value)
	}
	switch kind, value, ok := cutException(c.Exception); {
	case ok:
		event.Exceptions = []raven.Exception{{Type: kind, Value: value}}
	case c.Exception != "":
		faults = append(faults, fmt.Errorf("--exception=%q: want TYPE:VALUE, such as 'IOError:disk full'", c.Exception))
	case c.Message == "":
		event.Message = testMessage
	}
	return event, errors.Join(faults...)
}

// jsonOrText keeps numbers as they are written: a float64 can't hold an id of
// 19 digits.
func jsonOrText(text string) any {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var value any
	if !json.Valid([]byte(text)) || decoder.Decode(&value) != nil {
		return text
	}
	return value
}

// cutException splits at the first colon that is not part of a "::", so that
// types of other languages work, too.
func cutException(text string) (kind, value string, ok bool) {
	const scope = "\x00\x00" // as long as "::", without a colon
	i := strings.IndexByte(strings.ReplaceAll(text, "::", scope), ':')
	if i <= 0 {
		return "", "", false
	}
	return text[:i], strings.TrimSpace(text[i+1:]), true
}

// sending is one run of `raven send`.
type sending struct {
	client             *raven.Client
	event              *raven.Event
	count, concurrency int
	delivered          int
	failures           failures
}

type outcome struct {
	id  string
	err error
}

// progressEvery is the interval of progress messages in a long run.
const progressEvery = 2 * time.Second

// run sends all events. The error is that of stdout. It returns when every
// event has its outcome; after ctx has ended, it sends no further event.
func (s *sending) run(ctx context.Context, env *environment) error {
	start := time.Now()
	ticker := time.NewTicker(progressEvery)
	defer ticker.Stop()
	ids := bufio.NewWriter(env.out)
	outcomes := s.start(ctx)
	for {
		select {
		case o, more := <-outcomes:
			if !more {
				s.conclude(env, time.Since(start))
				return ids.Flush()
			}
			if o.err != nil {
				s.failures.add(o)
				continue
			}
			s.delivered++
			fmt.Fprintln(ids, o.id) // Flush returns its error
		case <-ticker.C:
			_ = ids.Flush()
			fmt.Fprintf(env.errs, "raven: %d of %d delivered, %d failed, %s\n",
				s.delivered, s.count, s.failures.total, time.Since(start).Round(time.Second))
		}
	}
}

func (s *sending) start(ctx context.Context) <-chan outcome {
	outcomes := make(chan outcome, s.concurrency)
	var begun atomic.Int64
	var workers sync.WaitGroup
	for range s.concurrency {
		workers.Go(func() {
			for ctx.Err() == nil && begun.Add(1) <= int64(s.count) {
				id, err := s.client.Deliver(ctx, s.event)
				outcomes <- outcome{id, err}
			}
		})
	}
	go func() {
		workers.Wait()
		close(outcomes)
	}()
	return outcomes
}

// conclude prints a summary if the ids alone are not enough.
func (s *sending) conclude(env *environment, took time.Duration) {
	if s.count > 1 && s.delivered > 0 {
		fmt.Fprintf(env.errs, "raven: %s delivered in %s, %.0f a second\n",
			count(s.delivered, "event"), brief(took), float64(s.delivered)/took.Seconds())
	}
}
