package raven

// Request is the HTTP request that was being served (protocol 5.2). The zero
// value is no request. As a [CaptureOption] it is merged field by field over
// what was set before, and so are the entries of Headers and Env; a nil
// *Request changes nothing.
type Request struct {
	// URL is without its query, which belongs in QueryString.
	URL, Method, QueryString, Fragment string
	// Cookies is the Cookie header.
	Cookies string
	Headers map[string]string
	// Env holds what the server knows: REMOTE_ADDR, SERVER_NAME, SERVER_PORT.
	Env map[string]string
	// Data is the body, or what the body said.
	Data any
}

func (r *Request) apply(d *draft) { d.ev.Request = mergeRequest(d.ev.Request, r) }

// mergeRequest returns over merged into base, neither of which is changed.
func mergeRequest(base, over *Request) *Request {
	if base == nil {
		return over
	}
	if over == nil {
		return base
	}
	r := *base
	set(&r.URL, over.URL)
	set(&r.Method, over.Method)
	set(&r.QueryString, over.QueryString)
	set(&r.Fragment, over.Fragment)
	set(&r.Cookies, over.Cookies)
	r.Headers = merged(r.Headers, over.Headers)
	r.Env = merged(r.Env, over.Env)
	if over.Data != nil {
		r.Data = over.Data
	}
	return &r
}
