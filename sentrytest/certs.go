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

// serverCerts makes each kind of certificate the first time that a server asks for it.
var serverCerts = map[certKind]func() tls.Certificate{
	certTrusted: sync.OnceValue(func() tls.Certificate {
		return trustedCA().issue(leaf("127.0.0.1"))
	}),
	certExpired: sync.OnceValue(func() tls.Certificate {
		l := leaf("127.0.0.1")
		l.NotAfter = time.Date(1999, time.June, 1, 0, 0, 0, 0, time.UTC)
		return trustedCA().issue(l)
	}),
	certNotYetValid: sync.OnceValue(func() tls.Certificate {
		l := leaf("127.0.0.1")
		l.NotBefore, l.NotAfter = epochEnd, epochEnd.AddDate(10, 0, 0)
		return trustedCA().issue(l)
	}),
	certWrongHost: sync.OnceValue(func() tls.Certificate {
		l := leaf(wrongHostName)
		l.IPAddresses, l.DNSNames = nil, []string{wrongHostName}
		return trustedCA().issue(l)
	}),
	certSelfSigned: sync.OnceValue(func() tls.Certificate {
		return (*authority)(nil).issue(leaf("127.0.0.1"))
	}),
	certUnknownCA: sync.OnceValue(func() tls.Certificate {
		return unknownCA().issue(leaf("127.0.0.1"))
	}),
}

// certNamed is a certificate like that of certTrusted with more names, made for one server.
func certNamed(names []string) tls.Certificate {
	l := leaf("127.0.0.1")
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			l.IPAddresses = append(l.IPAddresses, ip)
		} else {
			l.DNSNames = append(l.DNSNames, name)
		}
	}
	return trustedCA().issue(l)
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

func newAuthority(name string) *authority {
	template := &x509.Certificate{
		SerialNumber:          serial(),
		Subject:               pkix.Name{CommonName: name, Organization: []string{"sentrytest"}},
		NotBefore:             epochStart,
		NotAfter:              epochEnd,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		BasicConstraintsValid: true,
		IsCA:                  true,
	}
	key := newKey()
	der := sign(template, template, key, key)
	cert, err := x509.ParseCertificate(der)
	must(err)
	return &authority{cert: cert, key: key, pem: pemBlock("CERTIFICATE", der)}
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
