package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"strings"
	"time"
)

// identityOf gives the certificate to serve with, and its SHA-256 thumbprint as pairs of hex digits. A file keeps it over restarts.
func identityOf(file string) (tls.Certificate, string, error) {
	encoded, err := os.ReadFile(file)
	if file == "" || errors.Is(err, fs.ErrNotExist) {
		encoded, err = newIdentity()
		if err == nil && file != "" {
			err = os.WriteFile(file, encoded, 0o600)
		}
	}
	if err != nil {
		return tls.Certificate{}, "", err
	}
	certificate, err := tls.X509KeyPair(encoded, encoded)
	if err != nil {
		return tls.Certificate{}, "", err
	}
	digest := sha256.Sum256(certificate.Certificate[0])
	pairs := make([]string, len(digest))
	for i, each := range digest {
		pairs[i] = fmt.Sprintf("%02X", each)
	}
	return certificate, strings.Join(pairs, ":"), nil
}

func newIdentity() ([]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: "vcenter-simulator"},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().AddDate(1, 0, 0),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
		DNSNames:     []string{"localhost"},
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	var encoded bytes.Buffer
	if err := pem.Encode(&encoded, &pem.Block{Type: "CERTIFICATE", Bytes: certificate}); err != nil {
		return nil, err
	}
	if err := pem.Encode(&encoded, &pem.Block{Type: "PRIVATE KEY", Bytes: private}); err != nil {
		return nil, err
	}
	return encoded.Bytes(), nil
}
