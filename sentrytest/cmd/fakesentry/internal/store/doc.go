// Package store keeps what fakesentry receives: in memory, within bounds, and
// in a SQLite file if one is named.
//
// What is kept is a list of deliveries, one for each request: what was sent,
// what was answered, and the events that came out of it. Deliveries and events
// share one sequence of numbers that only grows, restarts included, so that a
// reader can say how far it has read. A stored Delivery or Event is never
// changed: what a Store returns can be kept and read concurrently, and must not
// be modified.
//
// [Store.Add] returns when the delivery is safe. With a file, that means
// written by a transaction which survives the end of the process by any signal;
// many deliveries share a transaction, so that speed does not suffer for it.
//
// [Store.List], [Store.Event] and [Store.Deliveries] read, [Store.Wait] waits
// for a number of events, and a [Feed] follows what arrives. Feeds keep a place
// in the list and no queue: a slow reader costs nothing, and learns that it
// missed something when it fell behind the bounds.
package store
