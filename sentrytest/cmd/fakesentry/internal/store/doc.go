// Package store keeps what fakesentry receives: in memory within bounds, and
// optionally in a SQLite file.
//
// A store is a list of deliveries. A delivery is one request, its answer, and
// its events. Deliveries and events share one sequence of numbers. The numbers
// only grow, across restarts too, so a reader can resume at a number. A stored
// Delivery or Event never changes. Callers may keep those that a Store returns
// and read them concurrently, but must not modify them.
//
// [Store.Add] returns when the delivery is safe. With a file, a transaction has
// then written it, and it survives the end of the process by any signal. Many
// deliveries share a transaction, so this is fast.
//
// [Store.List], [Store.Event] and [Store.Deliveries] read. [Store.Wait] waits
// for a number of events. A [Feed] follows the arrivals. A feed is a position
// in the list and has no queue: a slow reader costs nothing, and is told if
// deliveries were dropped before it read them.
package store
