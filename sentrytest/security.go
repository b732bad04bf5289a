package sentrytest

import (
	"cmp"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"

	"github.com/ravenkit/ravenkit/sentrytest/internal/jsontree"
	"github.com/ravenkit/ravenkit/sentrytest/internal/wire"
)

// reportKind is one kind of report that browsers send to the security endpoint.
type reportKind struct {
	eventType string
	wrapper   string // the key that holds the report; "" when its attributes are at the top
	marker    string // the key that identifies a report without a wrapper
}

var reportKinds = []reportKind{
	{eventType: "csp", wrapper: "csp-report"},
	{eventType: "expectct", wrapper: "expect-ct-report"},
	{eventType: "expectstaple", wrapper: "expect-staple-report"},
	{eventType: "hpkp", marker: "known-pins"},
}

// reportTypes are the media types that Relay takes on the security endpoint.
// application/reports+json is what browsers send since the Reporting API.
var reportTypes = map[string]bool{
	"application/json": true, "application/csp-report": true, "application/expect-ct-report": true,
	"application/expect-ct-report+json": true, "application/expect-staple-report": true, "application/reports+json": true,
}

// judgeSecurity accepts a report as Relay does: Relay reads the report after
// the answer, and drops an invalid one then.
func (s *Server) judgeSecurity(v *verdict, req *Request, body []byte) {
	kind, _, err := mime.ParseMediaType(req.Header.Get("Content-Type"))
	if err != nil || !reportTypes[kind] {
		v.refuse(wire.Refuse(http.StatusUnsupportedMediaType, "unsupported media type",
			fmt.Sprintf("%q is not a media type of a security report", req.Header.Get("Content-Type"))))
		return
	}
	body, r := s.cfg.plainBody(v, body, req.ContentEncoding, MaxEventSize)
	if r != nil && r.Status == http.StatusRequestEntityTooLarge {
		r = wire.TooLarge("raw_security")
	}
	if r == nil && len(body) == 0 {
		r = wire.BadRequest("empty request body")
	}
	if r != nil {
		v.refuse(r)
		return
	}
	req.setDecoded(body)
	v.text = new(string)
	var causes []string
	reports := reportsIn(body)
	for i, report := range reports {
		id := v.newID()
		object, err := report.event(req, id)
		if err == nil {
			v.events = append(v.events, &arrivedEvent{object: object, id: id})
			continue
		}
		if len(reports) > 1 {
			err = fmt.Errorf("report %d: %w", i+1, err)
		}
		if len(causes) < maxReportCauses {
			causes = append(causes, err.Error())
		}
	}
	if len(causes) > 0 {
		v.refused = wire.Refuse(http.StatusOK, "accepted, then dropped: security report is invalid", causes...)
	}
}

// maxReportCauses limits how many invalid reports of one request are described.
const maxReportCauses = 10

// securityReport is one report of a known type, or why it is invalid.
type securityReport struct {
	eventType string
	fields    map[string]any
	err       error
}

// reportsIn reads one report, or the list of reports that the Reporting API
// sends. Reports are read one by one: a browser sends all kinds in one list,
// and the server uses few of them.
func reportsIn(body []byte) []securityReport {
	tree, err := jsontree.Decode(body)
	if err != nil {
		return []securityReport{{err: err}}
	}
	list := jsontree.List(tree)
	if len(list) == 0 {
		return []securityReport{{err: errors.New("an empty list")}}
	}
	out := make([]securityReport, len(list))
	for i, one := range list {
		out[i] = readReport(one)
	}
	return out
}

func readReport(one any) securityReport {
	fields, ok := one.(map[string]any)
	if !ok {
		return securityReport{err: fmt.Errorf("expected an object, found %s", jsontree.Show(one))}
	}
	for _, kind := range reportKinds {
		if _, ok := fields[kind.marker]; ok && kind.wrapper == "" {
			return securityReport{eventType: kind.eventType, fields: fields}
		}
		if inner, ok := fields[kind.wrapper].(map[string]any); ok {
			return securityReport{eventType: kind.eventType, fields: inner}
		}
	}
	if inner, ok := fields["body"].(map[string]any); ok && fields["type"] == "csp-violation" {
		return securityReport{eventType: "csp", fields: inner}
	}
	return securityReport{err: errors.New("expected one of csp-report, expect-ct-report, expect-staple-report, known-pins and csp-violation in it")}
}

// event makes an event of the report: its attributes under the name of its
// type, what the request says about it, and a message.
func (s securityReport) event(req *Request, id string) (jsontree.Object, error) {
	if s.err != nil {
		return jsontree.Object{}, s.err
	}
	event := map[string]any{
		"event_id": id, "type": s.eventType, s.eventType: s.fields,
		"logentry": map[string]any{"formatted": s.message()},
	}
	query, _ := url.ParseQuery(req.Query) // a malformed query still has its valid parts
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
	return jsontree.ObjectOf(event)
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
