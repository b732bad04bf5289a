//go:build browser

package browsertest

import "time"

// payment is an event with data in every section.
func payment(at time.Time) object {
	crumb := func(before time.Duration, category, level, message string, data object) object {
		return object{"timestamp": at.Add(-before).Format(time.RFC3339Nano), "category": category, "level": level, "message": message, "data": data}
	}
	return object{
		"level": "error", "transaction": "POST /checkout", "server_name": "web-1", "logger": "shop.checkout",
		"exception": object{"values": []any{
			object{
				"type": "*pay.DeclinedError", "value": "card declined: insufficient funds", "module": "example.com/shop/internal/pay",
				"stacktrace": object{"frames": []any{
					frame("example.com/shop/internal/pay", "(*Client).Charge", "internal/pay/client.go", 61, true, chargeSource, nil),
				}},
			},
			object{
				"type": "*checkout.Error", "value": "order 1742 could not be paid: card declined: insufficient funds", "module": "example.com/shop/internal/checkout",
				"mechanism": object{"type": "capture", "handled": true},
				"stacktrace": object{"frames": []any{
					frame("net/http", "(*conn).serve", "net/http/server.go", 2092, false, nil, nil),
					frame("net/http", "serverHandler.ServeHTTP", "net/http/server.go", 3301, false, nil, nil),
					frame("net/http", "(*ServeMux).ServeHTTP", "net/http/server.go", 2861, false, nil, nil),
					frame("example.com/shop/internal/web", "(*Server).checkout", "internal/web/checkout.go", 48, true, nil, nil),
					frame("example.com/shop/internal/checkout", "(*Order).Pay", "internal/checkout/pay.go", 117, true, paySource, object{"order": 1742, "total": "64.90 EUR", "attempts": 2}),
				}},
			},
		}},
		"breadcrumbs": object{"values": []any{
			crumb(4100*time.Millisecond, "http", "info", "POST /cart/items", object{"status_code": 201, "duration_ms": 12}),
			crumb(2700*time.Millisecond, "query", "info", "SELECT * FROM orders WHERE id = $1", nil),
			crumb(1900*time.Millisecond, "stock", "warning", "Stock of espresso cups is below 5", object{"left": 4}),
			crumb(620*time.Millisecond, "http", "error", "POST https://pay.example/charge", object{"status_code": 402, "duration_ms": 540}),
		}},
		"tags": object{"shard": "7", "region": "eu-central", "customer": "gold", "feature.checkout": "v2"},
		"user": object{"id": "42", "username": "ann", "email": "ann@example.com", "ip_address": "192.0.2.17"},
		"request": object{
			"url": "https://shop.example/checkout", "method": "POST", "query_string": "currency=EUR",
			"headers": object{"Content-Type": "application/json", "User-Agent": "Mozilla/5.0", "Accept-Language": "de"}, "data": object{"order": 1742, "card": "[Filtered]"},
		},
		"extra": object{"cart": object{"items": []any{"espresso cup", "saucer", "spoon"}, "coupon": "SPRING"}, "retries": 2},
		"contexts": object{
			"trace":   object{"type": "trace", "trace_id": "743ad8bbfdd84e99bc38b4729e2864de", "span_id": "a0cfbde2bdff3adc", "op": "http.server"},
			"runtime": object{"type": "runtime", "name": "go", "version": "go1.26.1"},
			"os":      object{"type": "os", "name": "linux", "kernel_version": "6.12.9"},
			"device":  object{"type": "device", "arch": "amd64", "num_cpu": 8},
		},
		"modules":  object{"github.com/jackc/pgx/v5": "v5.7.2", "golang.org/x/net": "v0.58.0", "example.com/shop": "(devel)"},
		"culprits": "checkout",
	}
}

type source struct {
	before []any
	line   string
	after  []any
}

func frame(module, function, file string, line int, inApp bool, s *source, vars object) object {
	f := object{"module": module, "function": function, "filename": file, "lineno": line, "in_app": inApp}
	if s != nil {
		f["pre_context"], f["context_line"], f["post_context"] = s.before, s.line, s.after
	}
	if vars != nil {
		f["vars"] = vars
	}
	return f
}

var paySource = &source{
	before: []any{"\t}", "\tfor range maxAttempts {", "\t\treceipt, err = o.bank.Charge(ctx, o.total, card)", "\t\tif err == nil || !pay.Temporary(err) {", "\t\t\tbreak", "\t\t}", "\t}"},
	line:   "\treturn nil, &Error{Order: o.id, Err: err}",
	after:  []any{"}", "", "// Refund gives back what was paid, and is safe to call twice."},
}

var chargeSource = &source{
	before: []any{"\tdefer resp.Body.Close()", "\tswitch resp.StatusCode {", "\tcase http.StatusPaymentRequired:"},
	line:   "\t\treturn nil, &DeclinedError{Reason: reason(resp.Body)}",
	after:  []any{"\tcase http.StatusOK:", "\t\treturn decodeReceipt(resp.Body)", "\t}"},
}
