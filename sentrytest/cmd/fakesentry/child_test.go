package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/ravenkit/ravenkit/raven"
)

// childJob names the job of the test binary when it is the command of
// `fakesentry run`.
const childJob = "FAKESENTRY_TEST_CHILD"

// beChild does a job and returns an exit code.
func beChild(job string) int {
	client, err := raven.New("")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 99
	}
	ctx := context.Background()
	verb, rest, _ := strings.Cut(job, " ")
	switch verb {
	case "report":
		client.CaptureMessage(ctx, rest, raven.LevelWarning)
	case "fail":
		client.CaptureMessage(ctx, rest)
		defer fmt.Fprintln(os.Stderr, "failing")
		if err := client.Close(ctx); err != nil {
			return 98
		}
		return 7
	case "python":
		return beSDK(os.Getenv("SENTRY_DSN"), os.Getenv("SENTRY_SPOTLIGHT"), rest)
	case "transaction":
		return beTracer()
	case "spotlight":
		return beSDK("", os.Getenv("SENTRY_SPOTLIGHT"), rest)
	case "environment":
		fmt.Println(os.Getenv("SENTRY_DSN"), os.Getenv("SENTRY_SPOTLIGHT"), os.Getenv("FAKESENTRY_SERVER"), strings.Join(os.Args[1:], "|"))
	case "echo":
		line, _ := bufio.NewReader(os.Stdin).ReadString('\n')
		fmt.Print(line)
	default:
		if code, known := beUnixChild(verb, rest); known {
			return code
		}
	}
	if err := client.Close(ctx); err != nil {
		return 98
	}
	return 0
}

// beSDK reports like SDKs that know Spotlight: it sends one envelope to the
// DSN, compressed and with auth, and the same envelope to Spotlight, without
// either.
func beSDK(dsn, spotlight, text string) int {
	return sendBothWays(dsn, spotlight, `{"event_id":"fc6d8c0c43fc4630ad850ee518f1b9d0","sent_at":"2026-03-01T12:00:00Z"}`+"\n"+
		`{"type":"event","content_type":"application/json"}`+"\n"+fmt.Sprintf(`{"message":%q,"level":"error"}`, text)+"\n")
}

// beTracer reports a transaction and two sessions, as SDKs do for a request
// without an error.
func beTracer() int {
	const trace = `"contexts":{"trace":{"trace_id":"771a43a4192642f0b136d5159a501700","span_id":"00f067aa0ba902b7"}}`
	const session = `{"type":"sessions"}` + "\n" + `{"aggregates":[],"attrs":{"release":"1"}}` + "\n"
	for _, envelope := range []string{
		`{"event_id":"0123456789abcdef0123456789abcdef"}` + "\n" + `{"type":"transaction"}` + "\n" +
			`{"type":"transaction","transaction":"t","start_timestamp":1,"timestamp":2,` + trace + "}\n",
		"{}\n" + session + session,
	} {
		if code := sendBothWays(os.Getenv("SENTRY_DSN"), os.Getenv("SENTRY_SPOTLIGHT"), envelope); code != 0 {
			return code
		}
	}
	return 0
}

func sendBothWays(dsn, spotlight, envelope string) int {
	u, err := url.Parse(dsn)
	if err != nil {
		return 97
	}
	var compressed bytes.Buffer
	z := gzip.NewWriter(&compressed)
	_, _ = z.Write([]byte(envelope))
	_ = z.Close()
	bodies := map[string]*bytes.Buffer{spotlight: bytes.NewBufferString(envelope)}
	if dsn != "" {
		bodies["http://"+u.Host+"/api"+u.Path+"/envelope/"] = &compressed
	}
	for address, body := range bodies {
		req, err := http.NewRequest(http.MethodPost, address, body)
		if err != nil {
			return 97
		}
		req.Header.Set("Content-Type", "application/x-sentry-envelope")
		if address != spotlight {
			req.Header.Set("Content-Encoding", "gzip")
			req.Header.Set("X-Sentry-Auth", "Sentry sentry_key="+u.User.Username()+", sentry_version=7, sentry_client=sentry.python/2.0.0")
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil || resp.StatusCode != http.StatusOK {
			return 96
		}
		_ = resp.Body.Close()
	}
	return 0
}
