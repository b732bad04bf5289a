package transport

import (
	"time"

	"github.com/ravenkit/ravenkit/transport/internal/seglog"
)

// SpoolPatiently makes a spool wait for a busy disk.
func SpoolPatiently(cfg *SpoolConfig) { cfg.wait = time.Minute }

// SpoolOn makes a spool use a file system of a test.
func SpoolOn(cfg *SpoolConfig, fs seglog.FS) { cfg.fs = fs }
