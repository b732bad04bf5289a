package page

import (
	"net/http"
	"strings"
)

// setupView is the data for setting up clients.
type setupView struct {
	DSN, TLSDSN string
	Snippets    []snippet
}

// snippet is a program that reports its first error.
type snippet struct {
	Name, Install, Code string
}

type setupPage struct {
	frame
	Setup setupView
}

func (p *Pages) setup(w http.ResponseWriter, r *http.Request) {
	render(w, http.StatusOK, "setup", setupPage{p.frame("Set up", "setup"), p.setupView(r)})
}

func (p *Pages) setupView(r *http.Request) setupView {
	v := setupView{DSN: p.cfg.DSN(r), TLSDSN: p.cfg.TLSDSN(r)}
	for _, s := range snippets {
		s.Code = strings.ReplaceAll(s.Code, "{DSN}", v.DSN)
		v.Snippets = append(v.Snippets, s)
	}
	return v
}

var snippets = []snippet{
	{"Go, Ravenkit", "go get github.com/ravenkit/ravenkit", `package main

import (
	"context"
	"errors"
	"log"

	"github.com/ravenkit/ravenkit/raven"
)

func main() {
	client, err := raven.New("{DSN}")
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	client.CaptureException(ctx, errors.New("it works"))
	if err := client.Close(ctx); err != nil {
		log.Fatal(err)
	}
}
`},
	{"Go, sentry-go", "go get github.com/getsentry/sentry-go", `package main

import (
	"errors"
	"log"
	"time"

	"github.com/getsentry/sentry-go"
)

func main() {
	if err := sentry.Init(sentry.ClientOptions{Dsn: "{DSN}"}); err != nil {
		log.Fatal(err)
	}
	defer sentry.Flush(2 * time.Second)
	sentry.CaptureException(errors.New("it works"))
}
`},
	{"Python", "pip install sentry-sdk", `import sentry_sdk

sentry_sdk.init(dsn="{DSN}")

try:
    1 / 0
except ZeroDivisionError as error:
    sentry_sdk.capture_exception(error)

sentry_sdk.flush()
`},
	{"Node", "npm install @sentry/node", `const Sentry = require("@sentry/node");

Sentry.init({ dsn: "{DSN}" });

Sentry.captureException(new Error("it works"));
Sentry.flush(2000);
`},
	{"Rust", "cargo add sentry", `fn main() {
    let _guard = sentry::init("{DSN}");

    if let Err(error) = "x".parse::<i32>() {
        sentry::capture_error(&error);
    }
}
`},
	{"Java", "implementation 'io.sentry:sentry:8.+'", `import io.sentry.Sentry;

public class Main {
    public static void main(String[] args) {
        Sentry.init(options -> options.setDsn("{DSN}"));
        Sentry.captureException(new IllegalStateException("it works"));
        Sentry.close();
    }
}
`},
}
