package sentrytest

import (
	"testing"

	"github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest/internal/lint"
)

// Package lint has the severities and rules once more, since it does not know
// this package.
func TestFindingsAreThoseOfLint(t *testing.T) {
	t.Parallel()
	g := gomega.NewWithT(t)
	g.Expect([]Severity{Severity(lint.Info), Severity(lint.Warning), Severity(lint.Fatal)}).To(gomega.Equal([]Severity{SeverityInfo, SeverityWarning, SeverityFatal}))
	g.Expect([]string{
		lint.InvalidData, lint.MissingAttribute, lint.InvalidAttribute, lint.ValueTooLong, lint.PastTimestamp, lint.FutureTimestamp,
		lint.Truncated, lint.Dropped, lint.Deprecated, lint.Transaction, lint.Item, lint.JSON, lint.SizeLimit, lint.FurtherFindings,
	}).To(gomega.Equal([]string{
		RuleInvalidData, RuleMissingAttribute, RuleInvalidAttribute, RuleValueTooLong, RulePastTimestamp, RuleFutureTimestamp,
		RuleTruncated, RuleDropped, RuleDeprecated, RuleTransaction, RuleItem, RuleJSON, RuleSizeLimit, RuleMore,
	}))
}
