package raven

import "github.com/ravenkit/ravenkit/raven/internal/origin"

func init() {
	origin.Logged, origin.LoggedText = CaptureOption(ofLog{}), CaptureOption(ofLog{textOnly: true})
}

// ofLog is the option of the adapters of logging libraries.
type ofLog struct{ textOnly bool }

func (o ofLog) apply(d *draft) { d.how, d.textOnly = byLog, o.textOnly }
