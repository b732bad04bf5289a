package sentrytest

// spotlightAuth returns what gives a request to /stream the key and the project of the DSN that its envelope names.
// Clients name none when they have none, since Spotlight works without a Sentry; then both are the server's own.
func (s *Server) spotlightAuth(req *Request) envelopeAuthority {
	return func(env *Envelope, parseErr *EnvelopeError) (*auth, *refusal) {
		if parseErr != nil {
			env = parseErr.envelope
		}
		req.ProjectID = s.project
		if env == nil || env.DSN == "" {
			return &auth{key: s.key, version: maxProtocolVersion}, nil
		}
		if _, _, project, err := parseDSN(env.DSN); err == nil {
			req.ProjectID = project
		}
		return envelopeAuth(env.DSN)
	}
}
