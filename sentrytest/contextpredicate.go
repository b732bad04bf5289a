package sentrytest

import (
	"fmt"

	"github.com/ravenkit/ravenkit/sentrytest/internal/jsontree"
	"github.com/ravenkit/ravenkit/sentrytest/internal/texts"
)

// HasContext is met by events whose contexts hold the value at the path: the context's name, object keys and list
// indexes joined by dots, as in "os.name" or "device.screen.0". The value is compared in its JSON form, as in [HasExtra].
func HasContext(path string, value any) Predicate {
	return jsonPredicate("context "+path, value, func(e Event) (any, error) {
		contexts := map[string]any{}
		for name, context := range e.Contexts {
			contexts[name] = context
		}
		if got, ok := jsontree.Lookup(contexts, path); ok {
			return got, nil
		}
		return nil, fmt.Errorf("there is no context %s%s", path, among("contexts", texts.SortedKeys(e.Contexts)))
	})
}
