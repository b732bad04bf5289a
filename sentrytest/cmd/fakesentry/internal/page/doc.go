// Package page is the web page of fakesentry: the list of events, one event,
// the requests, the faults, and the setup of clients.
//
// The server renders complete pages, which work without JavaScript. With
// JavaScript, htmx replaces lists whenever the store changes, and a small
// script handles the keyboard. The page loads nothing from other hosts.
//
// Everything from the network is untrusted; html/template escapes it. The
// Content-Security-Policy allows no inline script, no inline style and no other
// host. So even a mistake here would not run code.
package page
