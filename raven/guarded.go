package raven

import "github.com/ravenkit/ravenkit/internal/guard"

func errorText(err error) string { return guard.Error(err) }

func guardedText(v any, method string, fn func() string) string { return guard.Text(v, method, fn) }

func panicText(v any, method string, r any) string { return guard.PanicText(v, method, r) }
