package advice

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/ravenkit/ravenkit/transport"
)

// DateFormat is the format of dates.
const DateFormat = "2006-01-02"

// notForGood is added to the advice for every certificate that is not accepted.
const notForGood = "verify_ssl=0 accepts any certificate, even of an attacker: use it only for a test"

// CertificateProblem names the problem with a certificate in a few words, ""
// for other errors.
func CertificateProblem(err error) string {
	var (
		unknown x509.UnknownAuthorityError
		invalid x509.CertificateInvalidError
		name    x509.HostnameError
		roots   x509.SystemRootsError
		op      *net.OpError
	)
	switch {
	case errors.As(err, &unknown):
		return "signed by an unknown authority"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		if invalid.Cert != nil && time.Now().Before(invalid.Cert.NotBefore) {
			return "not yet valid"
		}
		return "expired"
	case errors.As(err, &invalid):
		return "not valid for a server"
	case errors.As(err, &name):
		return "for another host name"
	case errors.As(err, &roots):
		return "not verifiable without root certificates"
	case errors.As(err, &op) && op.Op == "remote error" && strings.Contains(op.Err.Error(), "certificate"):
		return "the server requires one from its clients"
	}
	return ""
}

// certificateAdvice returns advice for TLS errors, "" for others.
func certificateAdvice(err error, dsn *transport.DSN) string {
	var (
		unknown x509.UnknownAuthorityError
		invalid x509.CertificateInvalidError
		name    x509.HostnameError
		roots   x509.SystemRootsError
		op      *net.OpError
	)
	switch {
	case errors.As(err, &unknown):
		return unknownAuthority(unknown.Cert, dsn)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return outOfTime(invalid.Cert, time.Now())
	case errors.As(err, &invalid):
		return "the server's certificate, or one that signed it, is not allowed for this use and must be replaced. " + notForGood
	case errors.As(err, &name):
		return fmt.Sprintf("replace %[2]s in the DSN with one of the certificate's names (%[1]s), or give the server a certificate for it. %[3]s",
			Names(name.Certificate), Hostname(dsn), notForGood)
	case errors.As(err, &roots):
		return "this machine has no root certificates: install them (the package is often called ca-certificates), or set a file with ca_certs"
	case errors.As(err, &op) && op.Op == "remote error":
		return alertAdvice(op.Err.Error(), dsn)
	}
	return ""
}

func unknownAuthority(cert *x509.Certificate, dsn *transport.DSN) string {
	fix := "get the certificate of the CA from the server's administrator, and set its file in the DSN: ca_certs=/path/to/ca.pem"
	switch given := dsn.Option("ca_certs"); {
	case given != "" && SelfSigned(cert):
		fix = fmt.Sprintf("the server's certificate is self-signed: add it to %s", given)
	case given != "":
		fix = fmt.Sprintf("add the certificate of the CA that signed (%s) to %s, or remove ca_certs if the CA is public: the file replaces the system's roots",
			issuer(cert), given)
	case SelfSigned(cert):
		fix = "the server's certificate is self-signed: copy it to this machine, and set its file in the DSN: ca_certs=/path/to/certificate.pem"
	}
	return fix + ". " + notForGood
}

func outOfTime(cert *x509.Certificate, now time.Time) string {
	clock := fmt.Sprintf("this machine's clock says %s", now.UTC().Format("2006-01-02 15:04 MST"))
	if cert != nil && now.Before(cert.NotBefore) {
		return fmt.Sprintf("the certificate becomes valid on %s, and %s: correct the one that is wrong. %s", cert.NotBefore.Format(DateFormat), clock, notForGood)
	}
	if cert == nil {
		return clock + ": if that is right, the server's certificate must be renewed. " + notForGood
	}
	return fmt.Sprintf("the certificate expired on %s, and %s: if that is right, the server's certificate must be renewed. %s", cert.NotAfter.Format(DateFormat), clock, notForGood)
}

// alertAdvice returns advice for handshakes that the server refused. crypto/tls
// gives the reason only as text.
func alertAdvice(alert string, dsn *transport.DSN) string {
	switch {
	case strings.Contains(alert, "protocol version"):
		return "the server does not support TLS 1.2 or later and must be updated"
	case dsn.Option("client_cert") != "":
		return "the server refuses the certificate in client_cert: ask its administrator which CA must sign it"
	case strings.Contains(alert, "certificate"):
		return "the server requires a certificate from its clients: get one with its key, and set both files in the DSN: client_cert=/path/to/cert.pem&client_key=/path/to/key.pem"
	}
	return "the server refused the handshake: its log has the reason"
}

func isRecordHeader(err error) bool {
	var record tls.RecordHeaderError
	return errors.As(err, &record)
}

// SelfSigned reports whether a certificate names itself as its signer.
func SelfSigned(cert *x509.Certificate) bool {
	return cert != nil && bytes.Equal(cert.RawSubject, cert.RawIssuer)
}

func issuer(cert *x509.Certificate) string {
	if cert == nil {
		return "not known"
	}
	return cert.Issuer.String()
}

// Names lists the hosts of a certificate.
func Names(cert *x509.Certificate) string {
	all := slices.Clone(cert.DNSNames)
	for _, ip := range cert.IPAddresses {
		all = append(all, ip.String())
	}
	if len(all) == 0 {
		return "none"
	}
	return strings.Join(all, ", ")
}

// Address returns the host and port of a DSN, with the default port of its
// scheme.
func Address(dsn *transport.DSN) (host, port string) {
	u, err := url.Parse(dsn.BaseURL())
	if err != nil {
		return dsn.Host, ""
	}
	switch {
	case u.Port() != "":
		return u.Hostname(), u.Port()
	case u.Scheme == "https":
		return u.Hostname(), "443"
	}
	return u.Hostname(), "80"
}

// Hostname returns the host of a DSN without the port.
func Hostname(dsn *transport.DSN) string {
	host, _ := Address(dsn)
	return host
}

func hostPort(dsn *transport.DSN) string { return net.JoinHostPort(Address(dsn)) }
