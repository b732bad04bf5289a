// Package certs makes certificates for servers under test: valid ones, and ones
// with a fault of each kind. It makes them in memory, once per process, so that
// no file expires or alarms a secret scanner.
//
// It must know nothing of servers, HTTP or tests.
package certs

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"sync"
	"time"
)

// Certificates span 1970 to 2084: a testing/synctest bubble starts at
// 2000-01-01, and one certificate has to serve both clocks.
var (
	epochStart = time.Date(1970, time.January, 2, 0, 0, 0, 0, time.UTC)
	epochEnd   = time.Date(2084, time.January, 1, 0, 0, 0, 0, time.UTC)
)

// WrongHostName is the only name of a WrongHost certificate.
const WrongHostName = "wrong.host.invalid"

// Kind is what is right or wrong with a server's certificate.
type Kind int

// The kinds of certificates.
const (
	None            Kind = iota // no certificate: plain http
	Trusted                     // in good order, signed by [CA]
	Expired                     // ended in 1999
	NotYetValid                 // begins in 2084
	WrongHost                   // for [WrongHostName] alone
	SelfSigned                  // signed itself
	UnknownCA                   // signed by a CA that no client trusts
	IncompleteChain             // signed by an intermediate CA that is not sent
	kinds                       // how many there are
)

// Authority is a certificate authority together with its key.
type Authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pem  []byte
}

var (
	trustedCA = sync.OnceValue(func() *Authority { return newAuthority("sentrytest CA") })
	unknownCA = sync.OnceValue(func() *Authority { return newAuthority("sentrytest unknown CA") })
	otherCA   = sync.OnceValue(func() *Authority { return newAuthority("sentrytest other CA") })
)

// CA returns the authority that signs what clients trust, the same at each
// call.
func CA() *Authority { return trustedCA() }

// OtherCA returns an authority that signs no certificate of any server, the
// same at each call.
func OtherCA() *Authority { return otherCA() }

// intermediateCA is signed by the trusted CA.
var intermediateCA = sync.OnceValue(func() *Authority { return trustedCA().authority("sentrytest intermediate CA") })

// serverCerts makes each kind of certificate once.
var serverCerts = func() (made [kinds]func() tls.Certificate) {
	for kind := range kinds {
		made[kind] = sync.OnceValue(func() tls.Certificate { return newServerCert(kind, nil, nil) })
	}
	return made
}()

// Server returns a certificate of the kind for the names, or for loopback if
// there are none, and for more beside them.
func Server(kind Kind, names, more []string) tls.Certificate {
	if len(names)+len(more) == 0 {
		return serverCerts[kind]()
	}
	return newServerCert(kind, names, more)
}

func newServerCert(kind Kind, names, more []string) tls.Certificate {
	l := leaf("127.0.0.1")
	if len(names) > 0 {
		setNames(l, names...)
	}
	addNames(l, more)
	switch kind {
	case Expired:
		l.NotAfter = time.Date(1999, time.June, 1, 0, 0, 0, 0, time.UTC)
	case NotYetValid:
		l.NotBefore, l.NotAfter = epochEnd, epochEnd.AddDate(10, 0, 0)
	case WrongHost:
		setNames(l, WrongHostName)
	case SelfSigned:
		return (*Authority)(nil).issue(l)
	case UnknownCA:
		return unknownCA().issue(l)
	case IncompleteChain:
		return intermediateCA().issue(l)
	}
	return trustedCA().issue(l)
}

// setNames makes a certificate valid for these names only.
func setNames(l *x509.Certificate, names ...string) {
	l.Subject.CommonName = names[0]
	l.IPAddresses, l.DNSNames = nil, nil
	addNames(l, names)
}

func addNames(l *x509.Certificate, names []string) {
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			l.IPAddresses = append(l.IPAddresses, ip)
		} else {
			l.DNSNames = append(l.DNSNames, name)
		}
	}
}

var clientCert = sync.OnceValue(func() tls.Certificate {
	l := leaf("sentrytest client")
	l.IPAddresses, l.DNSNames = nil, nil
	l.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	return trustedCA().issue(l)
})

// Client returns a client's certificate that [CA] has signed, the same at each
// call.
func Client() tls.Certificate { return clientCert() }

// leaf is the template of a valid server certificate.
func leaf(name string) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: serial(),
		Subject:      pkix.Name{CommonName: name, Organization: []string{"sentrytest"}},
		NotBefore:    epochStart,
		NotAfter:     epochEnd,
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
		DNSNames:     []string{"localhost"},
	}
}

// newAuthority makes a CA that signs itself.
func newAuthority(name string) *Authority { return (*Authority)(nil).authority(name) }

// authority makes another CA and signs it. With the nil authority the CA signs
// itself.
func (a *Authority) authority(name string) *Authority {
	template := &x509.Certificate{
		SerialNumber:          serial(),
		Subject:               pkix.Name{CommonName: name, Organization: []string{"sentrytest"}},
		NotBefore:             epochStart,
		NotAfter:              epochEnd,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		BasicConstraintsValid: true,
		IsCA:                  true,
	}
	made := a.issue(template)
	return &Authority{
		cert: made.Leaf, key: made.PrivateKey.(*ecdsa.PrivateKey), pem: pemBlock("CERTIFICATE", made.Certificate[0]),
	}
}

// issue signs the template. With the nil authority the certificate signs
// itself.
func (a *Authority) issue(template *x509.Certificate) tls.Certificate {
	key := newKey()
	parent, signer := template, key
	if a != nil {
		parent, signer = a.cert, a.key
	}
	der := sign(template, parent, key, signer)
	cert, err := x509.ParseCertificate(der)
	must(err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: cert}
}

func sign(template, parent *x509.Certificate, key, signer *ecdsa.PrivateKey) []byte {
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	must(err)
	return der
}

func newKey() *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	return key
}

func serial() *big.Int {
	n, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	must(err)
	return n.Add(n, big.NewInt(1))
}

// PEM returns the authority's certificate, PEM encoded, as a copy.
func (a *Authority) PEM() []byte { return bytes.Clone(a.pem) }

// Pool returns a new pool that holds the authority alone.
func (a *Authority) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}

// PEM returns a certificate and its private key, PEM encoded.
func PEM(cert tls.Certificate) (certPEM, keyPEM []byte) {
	key, err := x509.MarshalPKCS8PrivateKey(cert.PrivateKey)
	must(err)
	return pemBlock("CERTIFICATE", cert.Certificate[0]), pemBlock("PRIVATE KEY", key)
}

func pemBlock(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

// must is for operations that fail only when the platform's crypto is broken.
func must(err error) {
	if err != nil {
		panic(fmt.Sprintf("sentrytest: making a certificate: %v", err))
	}
}
