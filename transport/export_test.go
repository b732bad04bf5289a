package transport

import "github.com/ravenkit/ravenkit/transport/internal/seglog"

// SpoolOn makes a spool use a file system of a test.
func SpoolOn(cfg *SpoolConfig, fs seglog.FS) { cfg.fs = fs }
