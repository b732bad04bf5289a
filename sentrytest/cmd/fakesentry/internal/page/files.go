package page

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/store"
)

// fileView is an attachment.
type fileView struct {
	Name, Kind, Type string
	Size             int
	SaveURL          string
	ImageURL         string // of a picture; "" for other files
	Text             string // the beginning of a text; "" for other files
}

// maxPreview is how many bytes of a text file are shown.
const maxPreview = 8 << 10

func attachments(e *store.Event) []fileView {
	envelope, _ := e.Delivery.Envelope()
	var out []fileView
	for i, item := range envelope.Items {
		if item.Type != store.Attachment {
			continue
		}
		v := fileView{
			Name: cmp.Or(cut(item.Filename, 200), "(no name)"), Kind: cut(item.AttachmentType, 100), Type: cut(item.ContentType, 100), Size: len(item.Payload),
			SaveURL: fmt.Sprintf("/api/v1/events/%d/attachments/%d", e.Seq, i),
		}
		switch kind := sniff(item); {
		case pictures[kind]:
			v.ImageURL = fmt.Sprintf("/events/%d/preview/%d", e.Seq, i)
		case strings.HasPrefix(kind, "text/") && utf8.Valid(item.Payload):
			v.Text = cut(string(item.Payload), maxPreview)
		}
		out = append(out, v)
	}
	return out
}

// pictures are the types of files that a browser may show, because they can't
// contain scripts.
var pictures = map[string]bool{"image/png": true, "image/jpeg": true, "image/gif": true, "image/webp": true}

// sniff returns the type of a file by its bytes, because the sender's type
// can't be trusted.
func sniff(item sentrytest.Item) string { return http.DetectContentType(item.Payload) }

// preview sends a picture among the attachments of an event.
func (p *Pages) preview(w http.ResponseWriter, r *http.Request) {
	e, ok := p.find(w, r)
	if !ok {
		return
	}
	item, ok := e.Delivery.Attachment(r.PathValue("index"))
	if !ok || !pictures[sniff(item)] {
		p.fail(w, r, http.StatusNotFound, "There is no such picture.")
		return
	}
	w.Header().Set("Content-Type", sniff(item))
	w.Header().Set("Content-Security-Policy", "default-src 'none'; sandbox")
	_, _ = w.Write(item.Payload)
}
