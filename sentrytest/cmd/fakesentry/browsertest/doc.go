// Package browsertest tests the pages of fakesentry in Chromium, driven by
// chromedp. It is a separate module, so that users of Ravenkit don't depend on
// chromedp.
//
//	go test -tags browser ./...
//
// runs it. It fails without Chromium; CHROMIUM is the path of a Chromium
// outside PATH. If SCREENSHOTS is a directory, the tests write the pictures for
// the documentation there.
package browsertest
