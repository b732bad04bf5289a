// Package browsertest looks at the pages of fakesentry with a real browser:
// Chromium, which chromedp drives. It is a module of its own, so that nobody
// who uses Ravenkit gets chromedp along with it.
//
//	go test -tags browser ./...
//
// runs it, and fails when there is no Chromium; CHROMIUM names one that is not
// in PATH. With SCREENSHOTS set to a directory, the pictures for the
// documentation are written to it.
package browsertest
