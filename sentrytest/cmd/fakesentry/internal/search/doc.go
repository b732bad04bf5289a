// Package search is the query language of fakesentry: that of its list page,
// its API and the flags of its commands.
//
// A query is a list of terms, separated by blanks, all of which an event has to
// meet:
//
//	timeout              the text somewhere in title, message, exceptions, culprit, tags, …
//	"card declined"      the same with a blank in it
//	level:error          a field with this value
//	level:>=warning      at least this level: debug < info < warning < error < fatal; also >, <=, <
//	release:1.*          * stands for any text
//	tag:shard=7          a tag with this value; tag:shard is any event that has the tag
//	user:"Ann Lee"       a value with a blank in it
//	-environment:dev     not
//
// Case does not matter. The fields are those of [Fields]; message, title and
// exception look for the value anywhere in the text, as a term without a field
// does, the others compare the whole value. A query has at most 100 terms.
package search
