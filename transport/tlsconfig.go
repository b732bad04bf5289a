package transport

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io/fs"
)

var (
	errNoCertificate = errors.New("the file holds no PEM certificate")
	errHalfPair      = errors.New("it is missing")
)

// TLSConfig returns the TLS configuration for the options, for engines that
// open their connections themselves. The error is an *[OptionError].
func (c HTTPConfig) TLSConfig() (*tls.Config, error) {
	cfg := &tls.Config{MinVersion: tls.VersionTLS12}
	if c.TLS != nil {
		cfg = c.TLS.Clone()
	}
	if c.SkipVerify {
		cfg.InsecureSkipVerify = true // set only by verify_ssl=0
	}
	if c.CACerts != "" {
		pem, err := c.read(c.CACerts)
		cfg.RootCAs = x509.NewCertPool()
		if err == nil && !cfg.RootCAs.AppendCertsFromPEM(pem) {
			err = errNoCertificate
		}
		if err != nil {
			return nil, newOptionError("ca_certs", c.CACerts, caFile, err)
		}
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
	const allowed = "a PEM certificate and, in client_key, its key"
	var cert, key []byte
	var err error
	if c.ClientCert != "" {
		if cert, err = c.read(c.ClientCert); err != nil {
			return tls.Certificate{}, newOptionError("client_cert", c.ClientCert, allowed, err)
		}
	}
	if c.ClientKey != "" {
		if key, err = c.read(c.ClientKey); err != nil {
			return tls.Certificate{}, newOptionError("client_key", c.ClientKey, pemFile, err)
		}
	}
	switch {
	case c.ClientCert == "":
		return tls.Certificate{}, newOptionError("client_key", c.ClientKey, "client_cert as well", errHalfPair)
	case c.ClientKey == "":
		return tls.Certificate{}, newOptionError("client_cert", c.ClientCert, "client_key as well", errHalfPair)
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return pair, newOptionError("client_cert", c.ClientCert, allowed, err)
	}
	return pair, nil
}

// Allowed values of options that name files.
const (
	pemFile = "a readable PEM file"
	caFile  = "a readable PEM file with at least one certificate"
)

// bindFile binds an option that names a file. Decoding reads the file once.
func (c *HTTPConfig) bindFile(o *OptionSet, name string, p *string, allowed, help string, check func(pem []byte) error) {
	read := func(file string) ([]byte, error) {
		pem, err := readPEM(file)
		if err == nil && check != nil {
			err = check(pem)
		}
		return pem, err
	}
	spec := OptionSpec{Name: name, Help: help, Allowed: allowed, Check: func(file string) error {
		_, err := read(file)
		return err
	}}
	o.fields = append(o.fields, optionField{spec: spec, set: func(file string) error {
		pem, err := read(file)
		if err != nil {
			return err
		}
		if c.files == nil {
			c.files = make(map[string][]byte)
		}
		*p, c.files[file] = file, pem
		return nil
	}})
}

func (c HTTPConfig) read(file string) ([]byte, error) {
	if pem, ok := c.files[file]; ok {
		return pem, nil
	}
	return readPEM(file)
}

func hasCertificate(pem []byte) error {
	if !x509.NewCertPool().AppendCertsFromPEM(pem) {
		return errNoCertificate
	}
	return nil
}

// pathless removes the path from a file error, because the option's error shows
// it. errors.Is still finds fs.ErrNotExist and the like.
func pathless(err error) error {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return path.Err
	}
	return err
}
