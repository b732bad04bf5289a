// Command bench compares Ravenkit with sentry-go and with bare net/http, in one
// run on one machine, and prints tables of ratios as Markdown. README.md says
// what is measured, how, and why the comparison is fair.
//
// It is a module of its own, so that users of the library do not depend on
// sentry-go.
package main
