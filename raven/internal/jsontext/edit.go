package jsontext

// Edit replaces parts of a text, from left to right. It copies nothing until
// the first replacement.
type Edit struct {
	Text string

	out  []byte
	done int
}

// Replace replaces a part that begins at Done or later.
func (e *Edit) Replace(from, to int, by string) {
	e.out = append(append(e.out, e.Text[e.done:from]...), by...)
	e.done = to
}

// Done is the end of the last replaced part.
func (e *Edit) Done() int { return e.done }

// String returns the text with its replacements.
func (e *Edit) String() string {
	if e.out == nil {
		return e.Text
	}
	return string(append(e.out, e.Text[e.done:]...))
}
