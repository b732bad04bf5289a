// Package search is the query language of fakesentry, for the page, the API and
// the flags of the commands.
//
// A query is a list of terms, separated by blanks. An event matches if it meets
// all terms:
//
//	timeout              text in title, message, exceptions, culprit, tags, …
//	"card declined"      the same, with a blank
//	level:error          a field with this value
//	level:>=warning      at least this level; also >, <=, <
//	                     (debug < info < warning < error < fatal)
//	release:1.*          * matches any text
//	tag:shard=7          a tag with this value; tag:shard matches any value
//	user:"Ann Lee"       a value with a blank
//	-environment:dev     not
//
// Case does not matter. The error of a query with an unknown field lists all
// fields. The fields message, title and exception contain the value anywhere in
// their text, like a term without a field; the other fields must equal the
// value. A query has at most 100 terms.
package search
