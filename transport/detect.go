package transport

import "os"

// Detect returns the name of the transport that fits the platform: "sync" where
// a program is frozen or ended as soon as it has answered a request, on AWS
// Lambda, App Engine and Cloud Functions, and "threaded" everywhere else. The
// bare schemes http and https ask it when they are opened; a scheme that names
// a transport does not. It reads the platforms' environment variables.
func Detect() string {
	for _, platform := range [][]string{
		{"AWS_LAMBDA_FUNCTION_NAME"},
		{"GAE_APPLICATION"},
		{"CURRENT_VERSION_ID", "INSTANCE_ID"}, // App Engine's first generation, as the reference detects it
		{"FUNCTION_TARGET"},
		{"X_GOOGLE_FUNCTION_NAME"},
	} {
		if allSet(platform) {
			return "sync"
		}
	}
	return "threaded"
}

func allSet(names []string) bool {
	for _, name := range names {
		if os.Getenv(name) == "" {
			return false
		}
	}
	return true
}

// autoDriver is the one of the bare schemes. It has the options of both
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
			h, err := openHTTP(dsn, env, new(HTTPConfig), new(ThreadedConfig))
			if err != nil {
				return nil, err
			}
			return h, nil
		},
	}
}
