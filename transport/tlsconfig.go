package transport

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io/fs"
)

var (
	errNoCertificate = errors.New("the file holds no PEM certificate")
	errHalfPair      = errors.New("the other one is missing")
)

// TLSConfig returns the TLS configuration that the options ask for, for engines
// that open their connections themselves. The error is an *[OptionError].
func (c HTTPConfig) TLSConfig() (*tls.Config, error) {
	cfg := &tls.Config{MinVersion: tls.VersionTLS12}
	if c.TLS != nil {
		cfg = c.TLS.Clone()
	}
	if c.SkipVerify {
		cfg.InsecureSkipVerify = true // asked for by name: verify_ssl=0
	}
	if c.CACerts != "" {
		pool, err := loadCACerts(c.CACerts)
		if err != nil {
			return nil, newOptionError("ca_certs", c.CACerts, "a readable PEM file with at least one certificate", err)
		}
		cfg.RootCAs = pool
	}
	if c.ClientCert == "" && c.ClientKey == "" {
		return cfg, nil
	}
	pair, err := c.clientPair()
	if err != nil {
		return nil, err
	}
	cfg.Certificates = append(cfg.Certificates, pair)
	return cfg, nil
}

func (c HTTPConfig) clientPair() (tls.Certificate, error) {
	const allowed = "a PEM certificate and, as client_key, the key that belongs to it"
	if c.ClientCert == "" {
		return tls.Certificate{}, newOptionError("client_key", c.ClientKey, "client_cert beside it", errHalfPair)
	}
	if c.ClientKey == "" {
		return tls.Certificate{}, newOptionError("client_cert", c.ClientCert, "client_key beside it", errHalfPair)
	}
	cert, err := readPEM(c.ClientCert)
	if err != nil {
		return tls.Certificate{}, newOptionError("client_cert", c.ClientCert, allowed, err)
	}
	key, err := readPEM(c.ClientKey)
	if err != nil {
		return tls.Certificate{}, newOptionError("client_key", c.ClientKey, "a readable PEM file", err)
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return pair, newOptionError("client_cert", c.ClientCert, allowed, err)
	}
	return pair, nil
}

func loadCACerts(file string) (*x509.CertPool, error) {
	pem, err := readPEM(file)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, errNoCertificate
	}
	return pool, nil
}

func checkCACerts(file string) error {
	_, err := loadCACerts(file)
	return err
}

func checkReadable(file string) error {
	_, err := readPEM(file)
	return err
}

// pathless drops the path from a file error: the option's error shows it
// already. errors.Is still finds fs.ErrNotExist and the like.
func pathless(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}
