package transport_test

import (
	"bytes"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/transport"
)

func TestDetect(t *testing.T) {
	for name, c := range map[string]struct {
		env  []string
		want string
	}{
		"anywhere":                       {nil, "threaded"},
		"AWS Lambda":                     {[]string{"AWS_LAMBDA_FUNCTION_NAME"}, "sync"},
		"App Engine":                     {[]string{"GAE_APPLICATION"}, "sync"},
		"App Engine, first generation":   {[]string{"CURRENT_VERSION_ID", "INSTANCE_ID"}, "sync"},
		"only one of the two":            {[]string{"INSTANCE_ID"}, "threaded"},
		"Cloud Functions":                {[]string{"FUNCTION_TARGET"}, "sync"},
		"Cloud Functions, first version": {[]string{"X_GOOGLE_FUNCTION_NAME"}, "sync"},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			for _, variable := range []string{"AWS_LAMBDA_FUNCTION_NAME", "GAE_APPLICATION", "CURRENT_VERSION_ID", "INSTANCE_ID", "FUNCTION_TARGET", "X_GOOGLE_FUNCTION_NAME"} {
				t.Setenv(variable, "")
			}
			for _, variable := range c.env {
				t.Setenv(variable, "x")
			}
			g.Expect(transport.Detect()).To(Equal(c.want))

			_, async := open(t, "https://k@localhost/1?workers=2&timeout=1", transport.Env{}).(transport.AsyncTransport)
			g.Expect(async).To(Equal(c.want == "threaded"), "the scheme has no transport's name")
			_, async = open(t, "threaded+https://k@localhost/1", transport.Env{}).(transport.AsyncTransport)
			g.Expect(async).To(BeTrue(), "the scheme names a transport")
			_, async = open(t, "sync+https://k@localhost/1", transport.Env{}).(transport.AsyncTransport)
			g.Expect(async).To(BeFalse(), "the scheme names a transport")
		})
	}
}

func TestAPlatformWithoutAQueueIgnoresASpool(t *testing.T) {
	g := NewWithT(t)
	t.Setenv("AWS_LAMBDA_FUNCTION_NAME", "x")
	dir := filepath.Join(t.TempDir(), "spool")
	var logged bytes.Buffer
	env := transport.Env{Logger: slog.New(slog.NewTextHandler(&logged, nil))}
	_, spooler := open(t, "https://k@localhost/1?spool_dir="+dir, env).(transport.Spooler)
	g.Expect(spooler).To(BeFalse())
	g.Expect(strings.TrimSpace(logged.String())).To(And(ContainSubstring("level=WARN"), ContainSubstring("spool_dir is ignored"), ContainSubstring(dir)))
	g.Expect(dir).NotTo(BeADirectory())
}
