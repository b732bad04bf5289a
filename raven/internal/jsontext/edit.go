package jsontext

// Edit is a text of which parts are replaced, from left to right. Nothing is
// copied while nothing is replaced.
type Edit struct {
	Text string

	out  []byte
	done int
}

// Replace puts by in the place of a part that begins at Done or later.
func (e *Edit) Replace(from, to int, by string) {
	e.out = append(append(e.out, e.Text[e.done:from]...), by...)
	e.done = to
}

// Done is the end of the last part that was replaced.
func (e *Edit) Done() int { return e.done }

// String is the text with its replacements.
func (e *Edit) String() string {
	if e.out == nil {
		return e.Text
	}
	return string(append(e.out, e.Text[e.done:]...))
}
