package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ravenkit/ravenkit/sentrytest"
)

// feature is one thing that each scenario does if its SDK supports it.
type feature struct {
	name  string
	check func(arrived) error
}

// arrived is what the fake has after one scenario.
type arrived struct {
	events    []sentrytest.Event
	envelopes []sentrytest.Envelope
}

const (
	exceptionChain = "exception chain"
	message        = "message"
	breadcrumb     = "breadcrumb"
	user           = "user"
	tag            = "tag"
	release        = "release"
	attachment     = "attachment"
	session        = "session"
	checkIn        = "check-in"
	logRecord      = "log"
)

// features are in the order of the table. Their checks expect what the programs
// of the scenarios do.
var features = []feature{
	{exceptionChain, checkChain},
	{message, func(a arrived) error {
		return a.one(sentrytest.HasMessage("scenario message"), sentrytest.HasLevel("warning"))
	}},
	{breadcrumb, checkBreadcrumb},
	{user, func(a arrived) error { return a.both(sentrytest.HasUserID("42"), hasEmail("ada@example.com")) }},
	{tag, func(a arrived) error { return a.both(sentrytest.HasTag("shard", "7")) }},
	{release, func(a arrived) error {
		return a.both(sentrytest.HasRelease("interop@1.2.3"), sentrytest.HasEnvironment("interop"))
	}},
	{attachment, func(a arrived) error {
		return a.item("attachment", func(i sentrytest.Item) error {
			if string(i.Payload) != "hello attachment" {
				return fmt.Errorf("it holds %q", i.Payload)
			}
			return nil
		})
	}},
	{session, func(a arrived) error {
		return a.item("session", wants{"status": "exited", "attrs.release": "interop@1.2.3"}.of)
	}},
	{checkIn, func(a arrived) error {
		return a.item("check_in", wants{"monitor_slug": "nightly", "status": "ok", "duration": 1.5}.of)
	}},
	{logRecord, func(a arrived) error {
		return a.item("log", wants{"items.0.body": "scenario log", "items.0.level": "info"}.of)
	}},
}

// outer returns the event with the outer exception, which wraps inner.
func (a arrived) outer() (sentrytest.Event, error) {
	for _, e := range a.events {
		if n := len(e.Exceptions); n > 0 && strings.HasPrefix(e.Exceptions[n-1].Value, "outer failure") {
			return e, nil
		}
	}
	return sentrytest.Event{}, fmt.Errorf("no event has the last exception %q; the last ones are %v", "outer failure", a.events)
}

func checkChain(a arrived) error {
	e, err := a.outer()
	if err != nil {
		return err
	}
	if e.Level != "error" {
		return fmt.Errorf("the level is %q", e.Level)
	}
	if n := len(e.Exceptions); n != 2 {
		return fmt.Errorf("the chain has %d links", n)
	}
	if v := e.Exceptions[0].Value; v != "inner failure" {
		return fmt.Errorf("the cause is %q", v)
	}
	if frames(e) == 0 {
		return errors.New("the event has no frames")
	}
	return nil
}

// frames counts the frames of an event. SDKs put them in different places.
func frames(e sentrytest.Event) int {
	traces := []*sentrytest.Stacktrace{e.Stacktrace}
	for _, x := range e.Exceptions {
		traces = append(traces, x.Stacktrace)
	}
	for _, t := range e.Threads {
		traces = append(traces, t.Stacktrace)
	}
	n := 0
	for _, t := range traces {
		if t != nil {
			n += len(t.Frames)
		}
	}
	return n
}

func checkBreadcrumb(a arrived) error {
	e, err := a.outer()
	if err != nil {
		return err
	}
	for _, b := range e.Breadcrumbs {
		if b.Message == "signed in" && b.Category == "auth" && b.Data["method"] == "key" {
			return nil
		}
	}
	return fmt.Errorf("the event's breadcrumbs are %+v", e.Breadcrumbs)
}

func hasEmail(email string) sentrytest.Predicate {
	return sentrytest.NewPredicate(fmt.Sprintf("user with e-mail %q", email), func(e sentrytest.Event) error {
		if e.User.Email != email {
			return fmt.Errorf("the e-mail is %q", e.User.Email)
		}
		return nil
	})
}

// one expects an event that matches, both expects two.
func (a arrived) one(preds ...sentrytest.Predicate) error  { return a.want(1, preds) }
func (a arrived) both(preds ...sentrytest.Predicate) error { return a.want(2, preds) }

func (a arrived) want(n int, preds []sentrytest.Predicate) error {
	_, err := sentrytest.EventList(a.events).Wait(context.Background(), n, preds...)
	return err
}

// item expects an envelope item of a kind that passes the check.
func (a arrived) item(kind string, check func(sentrytest.Item) error) error {
	err := fmt.Errorf("no item of type %q", kind)
	for _, env := range a.envelopes {
		for _, i := range env.Items {
			if i.Type != kind {
				continue
			}
			if err = check(i); err == nil {
				return nil
			}
		}
	}
	return err
}

// wants are expected values by their path in a JSON payload.
type wants map[string]any

func (w wants) of(i sentrytest.Item) error {
	var payload any
	if err := json.Unmarshal(i.Payload, &payload); err != nil {
		return err
	}
	var wrong []string
	for path, want := range w {
		if got := at(payload, strings.Split(path, ".")); got != want {
			wrong = append(wrong, fmt.Sprintf("%s is %v, want %v", path, got, want))
		}
	}
	if len(wrong) > 0 {
		slices.Sort(wrong)
		return fmt.Errorf("%s", strings.Join(wrong, ", "))
	}
	return nil
}

// at returns the value at a path in a JSON value, or nil.
func at(v any, path []string) any {
	if len(path) == 0 {
		return v
	}
	switch v := v.(type) {
	case map[string]any:
		return at(v[path[0]], path[1:])
	case []any:
		var i int
		if _, err := fmt.Sscan(path[0], &i); err == nil && i < len(v) {
			return at(v[i], path[1:])
		}
	}
	return nil
}

// strict fails if a strict server would complain about what arrived. Relay
// keeps all of what an SDK sends by default.
func (a arrived) strict() error {
	var errs []error
	check := func(found []sentrytest.Finding) {
		for _, one := range found {
			if one.Severity >= sentrytest.SeverityWarning {
				errs = append(errs, errors.New(one.String()))
			}
		}
	}
	for _, e := range a.events {
		check(e.Findings())
	}
	for _, env := range a.envelopes {
		check(env.Findings())
	}
	return errors.Join(errs...)
}
