package transport

import (
	"os"
	"slices"
)

// Detect returns the name of the transport that fits the platform: "sync" on
// AWS Lambda, App Engine and Cloud Functions, which freeze or end a program as
// soon as it has answered a request, and "threaded" everywhere else. The
// schemes http and https use it when they are opened; schemes with a
// transport's name do not. Detect reads the platforms' environment variables.
func Detect() string {
	for _, platform := range [][]string{
		{"AWS_LAMBDA_FUNCTION_NAME"},
		{"GAE_APPLICATION"},
		// App Engine's first generation, as Raven for Python detects it.
		{"CURRENT_VERSION_ID", "INSTANCE_ID"},
		{"FUNCTION_TARGET"},
		{"X_GOOGLE_FUNCTION_NAME"},
	} {
		if !slices.ContainsFunc(platform, func(name string) bool { return os.Getenv(name) == "" }) {
			return "sync"
		}
	}
	return "threaded"
}

// autoDriver is the driver of http and https. It has the options of both
// transports that it may open.
func autoDriver() Driver {
	threaded := threadedDriver()
	return Driver{
		Schemes: []string{"http", "https"},
		Name:    "default", Engine: "net/http",
		Delivery: "as threaded; as sync on platforms that freeze a program between requests", Decodes: true,
		WhenFull: threaded.WhenFull,
		Options:  threaded.Options,
		Open: func(dsn *DSN, env Env) (Transport, error) {
			if Detect() == "threaded" {
				return threaded.Open(dsn, env)
			}
			var queue ThreadedConfig
			h, err := openHTTP(dsn, env, &queue)
			if err == nil {
				queue.Spool.ignored(env.logger())
			}
			return h, err
		},
	}
}
