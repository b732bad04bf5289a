package sentrytest_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ravenkit/ravenkit/sentrytest"
)

// FuzzParseEnvelope checks that the parser accounts for every byte: what it
// accepts, written out again from the parts, is accepted again with the same
// parts.
func FuzzParseEnvelope(f *testing.F) {
	for _, seed := range []string{
		"{}", "{}\n", "{}\n\n", "", "nonsense",
		`{"event_id":"` + vectorID + `","dsn":"http://k@h/1","sent_at":"2023-11-14T22:13:20Z"}` + "\n" + `{"type":"event","length":2}` + "\n{}\n",
		"{}\n" + `{"type":"attachment"}`, "{}\n" + `{"type":"attachment","length":0}` + "\n\n" + `{"type":"a"}` + "\n\n",
		"{} \n", "{}\n" + `{"type":"a","length":-1}` + "\n", "{}\n" + `{"type":"a","length":9}` + "\nx",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		e, err := sentrytest.ParseEnvelope(raw)
		if err != nil {
			if len(e.Items) > 0 || e.Raw != nil {
				t.Fatalf("an error and a result: %+v", e)
			}
			return
		}
		var again bytes.Buffer
		writeHeader(t, &again, e.Header)
		for _, item := range e.Items {
			again.WriteByte('\n')
			header := map[string]json.RawMessage{}
			for k, v := range item.Header {
				header[k] = v
			}
			length, err := json.Marshal(len(item.Payload))
			if err != nil {
				t.Fatal(err)
			}
			header["length"] = length
			writeHeader(t, &again, header)
			again.WriteByte('\n')
			again.Write(item.Payload)
		}
		second, err := sentrytest.ParseEnvelope(again.Bytes())
		if err != nil {
			t.Fatalf("%q was accepted, but not %q: %v", raw, again.Bytes(), err)
		}
		if len(second.Items) != len(e.Items) || second.EventID != e.EventID {
			t.Fatalf("%q gave %d items, %q gave %d", raw, len(e.Items), again.Bytes(), len(second.Items))
		}
		for i := range e.Items {
			if !bytes.Equal(e.Items[i].Payload, second.Items[i].Payload) || e.Items[i].Type != second.Items[i].Type {
				t.Fatalf("item %d changed from %+v to %+v", i, e.Items[i], second.Items[i])
			}
		}
	})
}

func writeHeader(t *testing.T, b *bytes.Buffer, header map[string]json.RawMessage) {
	t.Helper()
	raw, err := json.Marshal(header)
	if err != nil {
		t.Fatal(err)
	}
	b.Write(raw)
}

// FuzzParseEvent checks that every JSON object is an event, that reading is
// deterministic, and that Clone loses nothing.
func FuzzParseEvent(f *testing.F) {
	for _, seed := range []string{
		"{}", "[]", "null", "", vectorJSON, ravenPython, fullEvent,
		`{"exception":{"values":[null,7,{"stacktrace":{"frames":[{"vars":["x"]}]}}]},"tags":[["a"],["b",1e400]],"timestamp":1e18}`,
		`{"logentry":{"message":"%(a)s %s {} {a}","params":{"a":1}},"request":{"cookies":"=;;","query_string":{"a":[{}]},"headers":[[1,2]]}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		e, err := sentrytest.ParseEvent(raw)
		var object map[string]json.RawMessage
		if isObject := json.Unmarshal(raw, &object) == nil && object != nil; isObject != (err == nil) {
			t.Fatalf("%q: object %v, error %v", raw, isObject, err)
		}
		if err != nil {
			return
		}
		again, err := sentrytest.ParseEvent(raw)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(e, again); diff != "" {
			t.Fatalf("%q is read in two ways:\n%s", raw, diff)
		}
		if diff := cmp.Diff(e, e.Clone()); diff != "" {
			t.Fatalf("Clone of %q differs:\n%s", raw, diff)
		}
		if strings.ContainsAny(e.String(), "\n\r") {
			t.Fatalf("String has line ends: %q", e.String())
		}
	})
}

// FuzzAuthHeader checks that whatever a client says about itself is answered
// with one of the known statuses, and that a request that is accepted has a
// key.
func FuzzAuthHeader(f *testing.F) {
	for _, seed := range []string{
		"", "Sentry", "Sentry ", "Sentry sentry_key=a", "sentry sentry_key=a,sentry_version=6.1, sentry_secret=", "Basic Og==", "Bearer x",
		"Sentry sentry_key=a=b,,=,sentry_version=-1", "Sentry sentry_version=99999999999, sentry_key=x",
	} {
		f.Add(seed)
	}
	srv := sentrytest.NewServer(f, sentrytest.InMemory())
	f.Fuzz(func(t *testing.T, value string) {
		for _, c := range value {
			if c < ' ' || c > '~' {
				return // net/http does not send it
			}
		}
		srv.Clear()
		r := send(t, srv, http.MethodPost, storePath, vectorJSON, "X-Sentry-Auth:"+value)
		switch r.Status {
		case http.StatusOK:
			if got := srv.Events()[0].Received; got.PublicKey == "" || got.Version > 7 {
				t.Fatalf("%q was accepted as %+v", value, got)
			}
		case http.StatusBadRequest, http.StatusUnauthorized:
			if len(srv.Rejected()) != 1 {
				t.Fatalf("%q was refused, but not recorded", value)
			}
		default:
			t.Fatalf("%q was answered with %d", value, r.Status)
		}
	})
}
