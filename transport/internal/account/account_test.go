package account_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/transport/internal/account"
)

func TestFlushWaitsForWhatWasAcceptedBeforeIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		var a account.Account
		g.Expect(a.Flush(t.Context())).To(BeZero(), "nothing is pending")
		first, _ := a.Accept()
		second, _ := a.Accept()
		flushed := make(chan int, 1)
		go func() { flushed <- a.Flush(context.Background()) }()
		synctest.Wait()
		later, _ := a.Accept()
		a.Settle(second)
		synctest.Wait()
		g.Expect(flushed).NotTo(Receive())
		a.Settle(first)
		g.Expect(<-flushed).To(BeZero(), "the later one does not prolong it")
		g.Expect(a.Pending()).To(Equal(1))
		a.Settle(later)
	})
}

func TestFlushCountsWhatIsLeftWhenItsContextEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		var a account.Account
		first, _ := a.Accept()
		a.Accept()
		a.Settle(first)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		g.Expect(a.Flush(ctx)).To(Equal(1))
	})
}

func TestAClosedAccountAcceptsNothing(t *testing.T) {
	g := NewWithT(t)
	var a account.Account
	g.Expect(a.Close()).To(BeTrue())
	g.Expect(a.Close()).To(BeFalse())
	_, ok := a.Accept()
	g.Expect(ok).To(BeFalse())
}
