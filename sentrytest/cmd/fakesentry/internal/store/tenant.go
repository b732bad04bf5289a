package store

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"slices"
	"strconv"
	"time"

	wire "github.com/ravenkit/ravenkit/sentrytest/fakesentryclient"
)

// sharedProject is the project of the shared DSN. Tenants have the numbers
// after it.
const sharedProject = 1

// Mint creates a tenant: a key of 32 hexadecimal digits, and a project with a
// number that no other tenant has. Several users of one fakesentry then see
// only their own events, those that were sent with their key. The store does
// not know the server's address, so its tenants have no DSN.
func (s *Store) Mint(ctx context.Context, name string) (wire.Tenant, error) {
	var key [16]byte
	_, _ = rand.Read(key[:]) // never fails
	t := wire.Tenant{Key: hex.EncodeToString(key[:]), Name: name, Created: time.Now().UTC()}
	err := s.commit(ctx, operation{
		number: func(func() int64) {
			s.project++
			t.ProjectID = strconv.Itoa(s.project)
		},
		save:  func(f *file) error { return f.insertTenant(t) },
		apply: func() { s.tenants = append(slices.Clip(s.tenants), t) },
	})
	return t, err
}

// Tenants returns all tenants, oldest first.
func (s *Store) Tenants() []wire.Tenant {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.tenants)
}

// Tenant returns the tenant with the key.
func (s *Store) Tenant(key string) (wire.Tenant, bool) {
	for _, t := range s.Tenants() {
		if t.Key == key {
			return t, true
		}
	}
	return wire.Tenant{}, false
}

// DeleteTenant deletes a tenant and everything that was sent with its key. It
// reports whether there was one.
func (s *Store) DeleteTenant(ctx context.Context, key string) (bool, error) {
	if _, ok := s.Tenant(key); !ok {
		return false, nil
	}
	if _, err := s.Delete(ctx, Filter{Key: key}); err != nil {
		return false, err
	}
	return true, s.commit(ctx, operation{
		save: func(f *file) error { return f.deleteTenant(key) },
		apply: func() {
			s.tenants = slices.DeleteFunc(slices.Clone(s.tenants), func(t wire.Tenant) bool { return t.Key == key })
		},
	})
}
