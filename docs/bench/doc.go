// Command bench measures Ravenkit side by side with sentry-go and with bare
// net/http, in one run on one machine, and prints tables of ratios as Markdown.
// README.md says what is measured, how, and why that is fair.
//
// It is a module of its own, so that nobody who uses the library inherits the
// client that it is compared with.
package main
