package raven

// User is who was affected by an event (protocol 5.2). Sentry counts users by
// one of ID, Username, Email and IPAddress. The zero value is nobody. As a
// [CaptureOption] it is merged field by field over what was set before.
type User struct {
	ID, Username, Email, Name string
	// IPAddress is an address, or "{{auto}}" for the one that sent the event.
	IPAddress string
	// Data is anything else.
	Data map[string]any
}

func (u User) apply(d *draft) { d.ev.User = mergeUser(d.ev.User, &u) }

// mergeUser returns over merged into base, neither of which is changed.
func mergeUser(base, over *User) *User {
	if base == nil {
		return over
	}
	if over == nil {
		return base
	}
	u := *base
	set(&u.ID, over.ID)
	set(&u.Username, over.Username)
	set(&u.Email, over.Email)
	set(&u.Name, over.Name)
	set(&u.IPAddress, over.IPAddress)
	u.Data = merged(u.Data, over.Data)
	return &u
}

func (u *User) empty() bool {
	return u == nil || u.ID == "" && u.Username == "" && u.Email == "" && u.Name == "" && u.IPAddress == "" && len(u.Data) == 0
}

// set replaces *dst unless v says nothing.
func set(dst *string, v string) {
	if v != "" {
		*dst = v
	}
}
