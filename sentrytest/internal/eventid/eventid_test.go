package eventid_test

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest/internal/eventid"
)

const (
	plain  = "fc6d8c0c43fc4630ad850ee518f1b9d0"
	dashed = "fc6d8c0c-43fc-4630-ad85-0ee518f1b9d0"
)

func TestNormalize(t *testing.T) {
	t.Parallel()
	for _, text := range []string{plain, "FC6D8C0C43FC4630AD850EE518F1B9D0", dashed, "{" + dashed + "}", "urn:uuid:" + dashed} {
		id, ok := eventid.Normalize(text)
		NewWithT(t).Expect(ok).To(BeTrue(), text)
		NewWithT(t).Expect(id).To(Equal(plain), text)
	}
	for _, text := range []string{"", plain[1:], "g" + plain[1:], "fc6d8c0c43-fc-4630-ad85-0ee518f1b9d0", "{" + plain + "}"} {
		_, ok := eventid.Normalize(text)
		NewWithT(t).Expect(ok).To(BeFalse(), text)
	}
}

func TestMake(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	g.Expect(eventid.Dashed(plain)).To(Equal(dashed))
	g.Expect(eventid.New()).To(MatchRegexp(`^[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}$`))
	g.Expect(eventid.New()).NotTo(Equal(eventid.New()))
	g.Expect(eventid.RandomHex()).To(MatchRegexp(`^[0-9a-f]{32}$`))
}
