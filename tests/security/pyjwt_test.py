"""Tokens made by PyJWT with keys made by openssl are judged as PyJWT judges them.

    pyjwt_test.py path/to/jwt_check
"""

import base64
import datetime
import json
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest

import jwt
from cryptography.hazmat.primitives import serialization
from jwt.utils import base64url_encode

SECRET = bytes(range(64))
PAIRS = {
    "RS256": ["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
    "PS256": ["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072"],
    "ES256": ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "EdDSA": ["genpkey", "-algorithm", "ED25519"],
}
ALGORITHMS = ["HS256", "HS384", "HS512", *PAIRS]


def public_jwk(public_key):
    """PyJWT writes some JWKs itself and others not: the numbers are taken from the key."""
    numbers = public_key.public_numbers() if hasattr(public_key, "public_numbers") else None
    encoded = lambda number, size: base64url_encode(number.to_bytes(size, "big")).decode()  # noqa: E731
    if numbers is None:
        raw = public_key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        return {"kty": "OKP", "crv": "Ed25519", "x": base64url_encode(raw).decode()}
    if hasattr(numbers, "n"):
        return {"kty": "RSA", "n": encoded(numbers.n, public_key.key_size // 8), "e": encoded(numbers.e, 3)}
    return {"kty": "EC", "crv": "P-256", "x": encoded(numbers.x, 32), "y": encoded(numbers.y, 32)}


class PyJwt(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.keys, jwks = {}, []
        for algorithm in ALGORITHMS:
            if algorithm not in PAIRS:
                cls.keys[algorithm] = (SECRET, SECRET)
                jwk = {"kty": "oct", "k": base64url_encode(SECRET).decode()}
            else:
                pem = subprocess.run(["openssl", *PAIRS[algorithm]], capture_output=True, check=True, timeout=30).stdout
                private = serialization.load_pem_private_key(pem, None)
                cls.keys[algorithm] = (private, private.public_key())
                jwk = public_jwk(private.public_key())
            jwks.append({**jwk, "kid": algorithm, "alg": algorithm, "use": "sig"})
        cls.path = pathlib.Path(cls.folder.name) / "jwks.json"
        cls.path.write_text(json.dumps({"keys": jwks}))

    def judge(self, tokens, *options):
        lines = "".join(token + "\n" for token in tokens)
        done = subprocess.run([CHECK, self.path, *options], input=lines, capture_output=True, text=True, timeout=30, check=True)
        return done.stdout.splitlines()

    def token(self, algorithm, claims=None, headers=None, key=None):
        claims = {"sub": algorithm, "exp": int(time.time()) + 60, **(claims or {})}
        return jwt.encode(claims, key or self.keys[algorithm][0], algorithm, {"kid": algorithm, **(headers or {})})

    def pyjwt_accepts(self, token, algorithm, **options):
        try:
            jwt.decode(token, self.keys[algorithm][1], [algorithm], leeway=30, **options)
            return True
        except jwt.PyJWTError:
            return False

    def test_every_algorithm(self):
        verdicts = self.judge([self.token(algorithm) for algorithm in ALGORITHMS])
        self.assertEqual(verdicts, [f"accepted: {algorithm}" for algorithm in ALGORITHMS])

    def test_many_signatures(self):
        """Signatures of ES256 have numbers that begin with zeros, now and then."""
        tokens = [self.token("ES256", {"jti": str(i)}) for i in range(600)]
        self.assertEqual(self.judge(tokens), ["accepted: ES256"] * len(tokens))

    def test_claims_that_pyjwt_refuses_too(self):
        now = int(time.time())  # both judge by their own clock, later: dates lie seconds away from the edges of the leeway
        claims = [{"exp": now - 31}, {"exp": "soon"}, {"nbf": now + 60}, {"iss": "other"}, {"aud": "other"}, {"aud": ["other"]}, {"aud": 7}, {"iss": None},
                  {"iat": "now"}, {"exp": now - 15}, {"nbf": now + 20}, {"aud": ["other", "events"]}, {}]
        tokens = [self.token("EdDSA", {"iss": "id", "aud": "events", **claim}) for claim in claims]
        verdicts = self.judge(tokens, "id", "events")
        for claim, token, verdict in zip(claims, tokens, verdicts):
            with self.subTest(claim=claim, verdict=verdict):
                self.assertEqual(verdict.startswith("accepted"), self.pyjwt_accepts(token, "EdDSA", issuer="id", audience="events"))
        self.assertEqual(sum(verdict.startswith("accepted") for verdict in verdicts), 4)

    def test_an_audience_nobody_configured(self):
        token = self.token("EdDSA", {"aud": "events"})
        self.assertFalse(self.pyjwt_accepts(token, "EdDSA"))
        self.assertRegex(self.judge([token])[0], "^refused: wrong audience")

    def test_confusion(self):
        """A public key in PEM, taken for a secret, and no signature at all."""
        public = self.keys["RS256"][1].public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        header = base64url_encode(b'{"alg":"HS256","kid":"RS256"}')
        text = header + b"." + base64url_encode(json.dumps({"sub": "root", "exp": int(time.time()) + 60}).encode())
        forged = text + b"." + base64url_encode(jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(text, public))
        unsigned = jwt.encode({"sub": "root", "exp": int(time.time()) + 60}, None, "none", {"kid": "RS256"})
        self.assertEqual(self.judge([forged.decode(), unsigned]),
                         ["refused: refused algorithm: the key is for RS256", "refused: refused algorithm: not one of those that are offered"])

    def test_other_keys_and_cut_tokens(self):
        for algorithm in ALGORITHMS:
            good = self.token(algorithm)
            head, _, signature = good.rpartition(".")
            raw = base64.urlsafe_b64decode(signature + "==")
            changed = f"{head}.{base64url_encode(raw[:-1] + bytes([raw[-1] ^ 1])).decode()}"
            for token in (changed, good[:-4], head + ".", head):
                with self.subTest(algorithm=algorithm, token=token):
                    self.assertFalse(self.pyjwt_accepts(token, algorithm))
                    self.assertRegex(self.judge([token])[0], "^refused")
        other = self.token("HS256", key=b"x" * 64)
        self.assertEqual(self.judge([other]), ["refused: bad signature"])

    def test_pyjwt_writes_dates_as_integers(self):
        expires = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=1)
        self.assertEqual(self.judge([self.token("ES256", {"exp": expires, "iat": datetime.datetime.now(datetime.timezone.utc)})]), ["accepted: ES256"])


if __name__ == "__main__":
    CHECK = sys.argv.pop(1)
    unittest.main(verbosity=2)
