package sentrytest

import (
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

// Certificates are made in memory, once per process: no file in a repository to expire or to alarm
// a secret scanner. They span 1970 to 2084 because a testing/synctest bubble starts at 2000-01-01
// while the process runs today, and one certificate has to serve both clocks.
var (
	epochStart = time.Date(1970, time.January, 2, 0, 0, 0, 0, time.UTC)
	epochEnd   = time.Date(2084, time.January, 1, 0, 0, 0, 0, time.UTC)
)

// wrongHostName is the one name that a WrongHost certificate covers.
const wrongHostName = "wrong.host.invalid"

type certKind int

const (
	certNone certKind = iota
	certTrusted
	certExpired
	certNotYetValid
	certWrongHost
	certSelfSigned
	certUnknownCA
	certIncompleteChain
	certKinds // how many there are
)

// authority is a certificate authority together with its key.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pem  []byte
}

var (
	trustedCA = sync.OnceValue(func() *authority { return newAuthority("sentrytest CA") })
	unknownCA = sync.OnceValue(func() *authority { return newAuthority("sentrytest unknown CA") })
	otherCA   = sync.OnceValue(func() *authority { return newAuthority("sentrytest other CA") })
)

// intermediateCA signs for the trusted CA.
var intermediateCA = sync.OnceValue(func() *authority { return trustedCA().authority("sentrytest intermediate CA") })

// serverCerts keeps each kind of certificate from the first time that a server asks for it.
var serverCerts = func() (made [certKinds]func() tls.Certificate) {
	for kind := range certKinds {
		made[kind] = sync.OnceValue(func() tls.Certificate { return newServerCert(kind, nil, nil) })
	}
	return made
}()

// newServerCert makes a certificate of the given kind: for loopback unless there are names, and for more beside them.
func newServerCert(kind certKind, names, more []string) tls.Certificate {
	l := leaf("127.0.0.1")
	if len(names) > 0 {
		setNames(l, names...)
	}
	addNames(l, more)
	switch kind {
	case certExpired:
		l.NotAfter = time.Date(1999, time.June, 1, 0, 0, 0, 0, time.UTC)
	case certNotYetValid:
		l.NotBefore, l.NotAfter = epochEnd, epochEnd.AddDate(10, 0, 0)
	case certWrongHost:
		setNames(l, wrongHostName)
	case certSelfSigned:
		return (*authority)(nil).issue(l)
	case certUnknownCA:
		return unknownCA().issue(l)
	case certIncompleteChain:
		return intermediateCA().issue(l)
	}
	return trustedCA().issue(l)
}

// setNames makes a certificate valid for the names, and no others.
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

// leaf is the template of a server certificate in good order.
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
func newAuthority(name string) *authority { return (*authority)(nil).authority(name) }

// authority makes another CA and signs it. The nil authority lets it sign itself.
func (a *authority) authority(name string) *authority {
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
	return &authority{
		cert: made.Leaf, key: made.PrivateKey.(*ecdsa.PrivateKey), pem: pemBlock("CERTIFICATE", made.Certificate[0]),
	}
}

// issue signs the template. The nil authority lets it sign itself.
func (a *authority) issue(template *x509.Certificate) tls.Certificate {
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

func pemBlock(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

// must is for operations that fail only when the platform's crypto is broken.
func must(err error) {
	if err != nil {
		panic(fmt.Sprintf("sentrytest: making a certificate: %v", err))
	}
}
