// Package page is what fakesentry shows in a browser: the list of events, one
// event, the requests that brought them, the faults that are switched on, and
// how to set up a client.
//
// Pages are made on the server and are complete without JavaScript. With it,
// htmx puts newer lists in place of older ones whenever the store changes, and
// a small script adds the keyboard. Nothing is loaded from elsewhere.
//
// Everything that came over the network is hostile until html/template has
// escaped it. The Content-Security-Policy allows no inline script, no inline
// style and no other host, so that a mistake here would still run nothing.
package page
