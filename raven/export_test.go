package raven

// For tests, which are of package raven_test: gomega's names and this
// package's meet in Default.
var OnHeap = onHeap
