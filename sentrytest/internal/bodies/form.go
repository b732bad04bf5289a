package bodies

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/ravenkit/ravenkit/sentrytest/internal/jsontree"
)

// maxFormDepth limits the depth of sentry[a][b]…, since JSON can be nested only
// so deep.
const maxFormDepth = 32

// maxParts limits the parts of a multipart body.
const maxParts = 1000

// File is one file of a form.
type File struct {
	Field, Name, ContentType string
	Data                     []byte
}

// ReadForm reads a multipart body. A part is a file if it has a file name, or
// if isFile reports true for its field.
func ReadForm(contentType string, body []byte, isFile func(field string) bool) (files []File, fields Fields, err error) {
	_, params, err := mime.ParseMediaType(contentType)
	if err == nil && params["boundary"] == "" {
		err = http.ErrMissingBoundary
	}
	if err != nil {
		return nil, nil, err
	}
	parts := multipart.NewReader(bytes.NewReader(body), params["boundary"])
	for n := 0; ; n++ {
		if n == maxParts {
			return nil, nil, fmt.Errorf("more than %d parts", maxParts)
		}
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return files, fields, nil
		}
		var data []byte
		if err == nil {
			data, err = io.ReadAll(part) // no more than the body, which is in memory already
		}
		if err != nil {
			return nil, nil, err
		}
		if field := part.FormName(); part.FileName() == "" && !isFile(field) {
			fields = append(fields, Field{field, string(data)})
		} else {
			files = append(files, File{field, part.FileName(), part.Header.Get("Content-Type"), data})
		}
	}
}

// Field is one field of a form that is no file.
type Field struct{ name, value string }

// Fields are the fields beside a minidump. Crash reporters put an event into
// them: whole, as the JSON of the field "sentry"; cut into "sentry__1",
// "sentry__2" and so on; or value by value, as "sentry[user][id]". Other fields
// become extra data.
type Fields []Field

// Tree assembles the event. It leaves out what is no JSON object.
func (f Fields) Tree() map[string]any {
	event := map[string]any{}
	var chunks []Field
	for _, field := range f {
		if _, err := strconv.Atoi(strings.TrimPrefix(field.name, "sentry__")); err == nil && strings.HasPrefix(field.name, "sentry__") {
			chunks = append(chunks, field)
			continue
		}
		path, nested := bracketPath(field.name)
		switch {
		case field.name == "sentry":
			mergeJSON(event, field.value)
		case nested:
			setPath(event, path, field.value)
		default:
			setPath(event, []string{"extra", field.name}, field.value)
		}
	}
	slices.SortStableFunc(chunks, func(a, b Field) int {
		return cmp.Or(cmp.Compare(len(a.name), len(b.name)), cmp.Compare(a.name, b.name))
	})
	var whole strings.Builder
	for _, chunk := range chunks {
		whole.WriteString(chunk.value)
	}
	mergeJSON(event, whole.String())
	return event
}

func mergeJSON(event map[string]any, text string) {
	tree, err := jsontree.Decode([]byte(text))
	fields, ok := tree.(map[string]any)
	if err != nil || !ok {
		return
	}
	for key, value := range fields {
		event[key] = value
	}
}

// bracketPath reads sentry[a][b].
func bracketPath(name string) ([]string, bool) {
	rest, ok := strings.CutPrefix(name, "sentry[")
	if !ok {
		return nil, false
	}
	rest, ok = strings.CutSuffix(rest, "]")
	path := strings.Split(rest, "][")
	return path, ok && len(path) <= maxFormDepth
}

// setPath puts a value below a path of keys. It does not replace a value on the
// way.
func setPath(fields map[string]any, path []string, value string) {
	for _, key := range path[:len(path)-1] {
		inner, ok := fields[key].(map[string]any)
		if !ok && fields[key] != nil {
			return
		}
		if !ok {
			inner = map[string]any{}
			fields[key] = inner
		}
		fields = inner
	}
	fields[path[len(path)-1]] = value
}
