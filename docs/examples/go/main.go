// An app that believes nobody but the gate: it verifies X-Portcullis-Jwt-Assertion on each request.
// The standard library is enough.
//
//	ISSUER=https://gate.example.com AUDIENCE=wiki PORT=3000 go run main.go
package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"
)

var (
	issuer   = os.Getenv("ISSUER")   // the gate's public_url
	audience = os.Getenv("AUDIENCE") // the slug of this app's platform
)

const (
	leeway = 5 * time.Second  // by which our clock may differ
	kept   = 10 * time.Minute // for which the key set is kept
	pause  = 5 * time.Second  // shortest time between two looks for a key that is not in it
)

var errNotTheGate = errors.New("no assertion that can be believed")

// Claims are what the gate says about who is calling.
type Claims struct {
	Issuer      string   `json:"iss"`
	Audience    string   `json:"aud"`
	Account     string   `json:"sub"`
	NotBefore   *int64   `json:"nbf"`
	Expires     *int64   `json:"exp"`
	User        string   `json:"preferred_username"`
	Email       string   `json:"email"`
	Groups      []string `json:"groups"`
	Credentials string   `json:"credentials"`
}

// keySet holds the gate's public keys by kid.
type keySet struct {
	sync.Mutex
	keys        map[string]*ecdsa.PublicKey
	read, tried time.Time
}

var gate keySet

func (set *keySet) get(kid string) (*ecdsa.PublicKey, error) {
	set.Lock()
	defer set.Unlock()
	key := set.keys[kid]
	if time.Since(set.read) > kept || key == nil && time.Since(set.tried) > pause {
		if err := set.fetch(); err != nil {
			return nil, err
		}
		key = set.keys[kid]
	}
	if key == nil {
		return nil, fmt.Errorf("%w: a key that is not the gate's", errNotTheGate)
	}
	return key, nil
}

func (set *keySet) fetch() error {
	set.tried = time.Now()
	client := http.Client{Timeout: 5 * time.Second}
	answer, err := client.Get(issuer + "/.well-known/jwks.json")
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("the key set: %s", answer.Status)
	}
	var published struct {
		Keys []struct{ Kid, Kty, Crv, X, Y string }
	}
	if err := json.NewDecoder(io.LimitReader(answer.Body, 1<<20)).Decode(&published); err != nil {
		return err
	}
	keys := map[string]*ecdsa.PublicKey{}
	for _, jwk := range published.Keys {
		x, errX := base64.RawURLEncoding.DecodeString(jwk.X)
		y, errY := base64.RawURLEncoding.DecodeString(jwk.Y)
		if jwk.Kid == "" || jwk.Kty != "EC" || jwk.Crv != "P-256" || errX != nil || errY != nil {
			continue
		}
		key := &ecdsa.PublicKey{Curve: elliptic.P256(), X: new(big.Int).SetBytes(x), Y: new(big.Int).SetBytes(y)}
		if key.Curve.IsOnCurve(key.X, key.Y) {
			keys[jwk.Kid] = key
		}
	}
	set.keys, set.read = keys, time.Now()
	return nil
}

func decode(part string, into any) error {
	bytes, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil || json.Unmarshal(bytes, into) != nil {
		return fmt.Errorf("%w: not an assertion", errNotTheGate)
	}
	return nil
}

// Caller verifies the request's assertion. Errors that are not errNotTheGate mean that the keys cannot be had.
func Caller(request *http.Request) (*Claims, error) {
	found := request.Header.Values("X-Portcullis-Jwt-Assertion")
	if len(found) != 1 {
		return nil, fmt.Errorf("%w: one assertion is needed", errNotTheGate)
	}
	parts := strings.Split(found[0], ".")
	if len(parts) != 3 {
		return nil, fmt.Errorf("%w: not an assertion", errNotTheGate)
	}
	var head struct {
		Alg, Typ, Kid string
		Crit          any
	}
	if err := decode(parts[0], &head); err != nil {
		return nil, err
	}
	if head.Alg != "ES256" || head.Typ != "portcullis-assertion+jwt" || head.Crit != nil {
		return nil, fmt.Errorf("%w: not an assertion", errNotTheGate)
	}
	key, err := gate.get(head.Kid)
	if err != nil {
		return nil, err
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || len(signature) != 64 {
		return nil, fmt.Errorf("%w: not an assertion", errNotTheGate)
	}
	digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	r, s := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
	if !ecdsa.Verify(key, digest[:], r, s) {
		return nil, fmt.Errorf("%w: the signature is wrong", errNotTheGate)
	}
	var claims Claims
	if err := decode(parts[1], &claims); err != nil {
		return nil, err
	}
	now := time.Now()
	switch {
	case claims.Issuer != issuer:
		return nil, fmt.Errorf("%w: of another issuer", errNotTheGate)
	case claims.Audience != audience:
		return nil, fmt.Errorf("%w: for another platform", errNotTheGate)
	case claims.Account == "":
		return nil, fmt.Errorf("%w: about nobody", errNotTheGate)
	case claims.Expires == nil || !now.Before(time.Unix(*claims.Expires, 0).Add(leeway)):
		return nil, fmt.Errorf("%w: too old", errNotTheGate)
	case claims.NotBefore == nil || now.Before(time.Unix(*claims.NotBefore, 0).Add(-leeway)):
		return nil, fmt.Errorf("%w: not valid yet", errNotTheGate)
	}
	return &claims, nil
}

func main() {
	http.HandleFunc("/", func(answer http.ResponseWriter, request *http.Request) {
		status, told := http.StatusOK, map[string]string{}
		claims, err := Caller(request)
		switch {
		case errors.Is(err, errNotTheGate):
			status, told["error"] = http.StatusUnauthorized, err.Error()
		case err != nil: // nobody is let in, but it is not the caller's fault
			status, told["error"] = http.StatusServiceUnavailable, "the gate's keys cannot be had"
		default:
			told["user"], told["account"] = claims.User, claims.Account
		}
		answer.Header().Set("Content-Type", "application/json")
		answer.WriteHeader(status)
		_ = json.NewEncoder(answer).Encode(told)
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil))
}
