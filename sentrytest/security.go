package sentrytest

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
)

// reportKind is one kind of report that browsers send to the security endpoint (protocol section 1.2).
type reportKind struct {
	eventType string
	wrapper   string // the key that the report stands under; "" when its own attributes stand at the top
	marker    string // the key that tells it then
}

var reportKinds = []reportKind{
	{eventType: "csp", wrapper: "csp-report"},
	{eventType: "expectct", wrapper: "expect-ct-report"},
	{eventType: "expectstaple", wrapper: "expect-staple-report"},
	{eventType: "hpkp", marker: "known-pins"},
}

// reportTypes are the media types that Relay takes on the security endpoint. application/reports+json is what
// browsers send since the Reporting API.
var reportTypes = map[string]bool{
	"application/json": true, "application/csp-report": true, "application/expect-ct-report": true,
	"application/expect-ct-report+json": true, "application/expect-staple-report": true, "application/reports+json": true,
}

// judgeSecurity takes a report as Relay does: what it says is looked at after the answer, and one that makes no sense
// is dropped then.
func (s *Server) judgeSecurity(v *verdict, req *Request, body []byte) {
	kind, _, err := mime.ParseMediaType(req.Header.Get("Content-Type"))
	if err != nil || !reportTypes[kind] {
		v.refuse(refuse(http.StatusUnsupportedMediaType, "unsupported media type",
			fmt.Sprintf("%q is no media type of a security report", req.Header.Get("Content-Type"))))
		return
	}
	body, r := s.cfg.decodeBody(body, req.ContentEncoding, MaxEventSize)
	if r != nil && r.status == http.StatusRequestEntityTooLarge {
		r = tooLarge("raw_security")
	}
	if r == nil && len(body) == 0 {
		r = badRequest("empty request body")
	}
	if r != nil {
		v.refuse(r)
		return
	}
	req.setDecoded(body)
	v.text = new(string)
	reports, err := readReports(body)
	if err != nil {
		v.refused = refuse(http.StatusOK, "accepted, then dropped: security report is invalid", err.Error())
		return
	}
	for _, report := range reports {
		id := newEventID()
		v.events = append(v.events, &storedEvent{raw: report.event(req, id), id: id})
	}
}

// securityReport is one report and what kind it is.
type securityReport struct {
	eventType string
	fields    map[string]any
}

// readReports reads the body of a report, or the list of reports that the Reporting API batches.
func readReports(body []byte) ([]securityReport, error) {
	tree, err := decodeJSON(body)
	if err != nil {
		return nil, err
	}
	var out []securityReport
	for _, one := range listOf(tree) {
		fields, ok := one.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("expected an object, found %s", showJSON(one))
		}
		report, err := readReport(fields)
		if err != nil {
			return nil, err
		}
		out = append(out, report)
	}
	if len(out) == 0 {
		return nil, errors.New("an empty list")
	}
	return out, nil
}

func readReport(fields map[string]any) (securityReport, error) {
	for _, kind := range reportKinds {
		if _, ok := fields[kind.marker]; ok && kind.wrapper == "" {
			return securityReport{kind.eventType, fields}, nil
		}
		if inner, ok := fields[kind.wrapper].(map[string]any); ok {
			return securityReport{kind.eventType, inner}, nil
		}
	}
	if inner, ok := fields["body"].(map[string]any); ok && fields["type"] == "csp-violation" {
		return securityReport{"csp", inner}, nil
	}
	return securityReport{}, errors.New("expected one of csp-report, expect-ct-report, expect-staple-report, known-pins and csp-violation in it")
}

// event makes the event of the report: its attributes as they were sent, under the name of its type, with what the
// request says about it and a message for people to read.
func (s securityReport) event(req *Request, id string) []byte {
	event := map[string]any{
		"event_id": id, "type": s.eventType, s.eventType: s.fields,
		"logentry": map[string]any{"formatted": s.message()},
	}
	query, _ := url.ParseQuery(req.Query) // what can be read of a malformed one counts
	for _, key := range []string{"release", "environment"} {
		if text := query.Get("sentry_" + key); text != "" {
			event[key] = text
		}
	}
	about := map[string]any{}
	if page := s.text("document-uri", "documentURL"); page != "" {
		about["url"] = page
	}
	if agent := req.Header.Get("User-Agent"); agent != "" {
		about["headers"] = [][]string{{"User-Agent", agent}}
	}
	if len(about) > 0 {
		event["request"] = about
	}
	raw, err := json.Marshal(event)
	if err != nil {
		return []byte("{}") // what came from JSON goes back into it
	}
	return raw
}

func (s securityReport) message() string {
	host := s.text("hostname")
	switch s.eventType {
	case "csp":
		directive := s.text("effective-directive", "effectiveDirective", "violated-directive")
		return fmt.Sprintf("Blocked %s by %s", cmp.Or(s.text("blocked-uri", "blockedURL"), "a resource"), cmp.Or(directive, "the content security policy"))
	case "hpkp":
		return fmt.Sprintf("Public key pinning failed for %s", host)
	case "expectct":
		return fmt.Sprintf("Expect-CT failed for %s", host)
	default:
		return fmt.Sprintf("Expect-Staple failed for %s", host)
	}
}

// text returns the first of the attributes that is a text.
func (s securityReport) text(keys ...string) string {
	for _, key := range keys {
		if text, ok := s.fields[key].(string); ok && text != "" {
			return text
		}
	}
	return ""
}
