"""The server's half of MTProto's key exchange: from a plain connection to a shared authorisation key.

The steps and names are those of core.telegram.org/mtproto/auth_key.
"""

import functools
import hashlib
import math
import secrets
import time
from dataclasses import dataclass

import rsa
from telethon import helpers
from telethon.crypto import AES, AuthKey
from telethon.crypto import rsa as telethon_rsa
from telethon.tl import functions, types

from userbot.rehearsal.telegram.framing import BrokenFrame
from userbot.rehearsal.telegram.primes import GENERATOR, PRIME, number_to_bytes
from userbot.rehearsal.telegram.wire import TL, from_bytes

# A client proves its work by factoring their product, which needs to be no work here. Telethon reads it as a
# signed number.
_P, _Q = 46327, 46337
# Telegram's has 2048 bits; a shorter one saves a quarter of the exchange, and nobody listens on loopback.
_SECRET_BITS = 512


@dataclass(frozen=True)
class ServerKey:
    """The RSA key by which clients know the server."""

    private: rsa.PrivateKey

    @classmethod
    def generate(cls) -> "ServerKey":
        """About half a second, where rsa.newkeys takes several: the key guards nothing but a loopback."""
        p, q = _prime_of_1024_bits(), _prime_of_1024_bits()
        exponent = 65537
        return cls(rsa.PrivateKey(p * q, exponent, pow(exponent, -1, math.lcm(p - 1, q - 1)), p, q))

    @classmethod
    def from_pem(cls, pem: str) -> "ServerKey":
        return cls(rsa.PrivateKey.load_pkcs1(pem.encode()))

    @classmethod
    @functools.cache
    def of_this_process(cls) -> "ServerKey":
        """One key for all servers of a process, made when first asked for."""
        return cls.generate()

    def to_pem(self) -> str:
        pem: bytes = self.private.save_pkcs1()
        return pem.decode()

    @property
    def public_pem(self) -> str:
        pem: bytes = self._public.save_pkcs1()
        return pem.decode()

    @property
    def fingerprint(self) -> int:
        fingerprint: int = telethon_rsa._compute_fingerprint(self._public)
        return fingerprint

    @property
    def _public(self) -> rsa.PublicKey:
        return rsa.PublicKey(self.private.n, self.private.e)

    def decrypt(self, cipher_text: bytes) -> bytes:
        # By the Chinese remainder theorem, in a quarter of the time.
        key, number = self.private, int.from_bytes(cipher_text, "big")
        modulo_p, modulo_q = pow(number, key.exp1, key.p), pow(number, key.exp2, key.q)
        plain: int = modulo_q + key.q * (key.coef * (modulo_p - modulo_q) % key.p)
        return plain.to_bytes(255, "big")


_ODD_PRIMES_BELOW_5000 = math.prod(
    n for n in range(3, 5000, 2) if all(n % factor for factor in range(3, math.isqrt(n) + 1, 2))
)


def _prime_of_1024_bits() -> int:
    # The two highest bits are set so that a product of two such primes has exactly 2048.
    candidate = secrets.randbits(1024) | (0b11 << 1022) | 1
    while math.gcd(candidate, _ODD_PRIMES_BELOW_5000) != 1 or pow(2, candidate - 1, candidate) != 1:
        candidate += 2
    return candidate


class KeyExchange:
    """One exchange on one connection. Feed it the client's plain requests; `auth_key` is set at the end."""

    def __init__(self, server_key: ServerKey) -> None:
        self._server_key = server_key
        self._nonce = 0
        self._server_nonce = int.from_bytes(secrets.token_bytes(16), "little", signed=True)
        self._new_nonce = 0
        self._secret = secrets.randbits(_SECRET_BITS)
        self.auth_key: AuthKey | None = None

    def answer(self, request: TL) -> TL:
        if isinstance(request, functions.ReqPqMultiRequest):
            return self._prove_work(request)
        if isinstance(request, functions.ReqDHParamsRequest):
            return self._offer(request)
        if isinstance(request, functions.SetClientDHParamsRequest):
            return self._agree(request)
        raise BrokenFrame(f"{type(request).__name__} is no part of a key exchange")

    def _prove_work(self, request: TL) -> TL:
        self._nonce = request.nonce
        return types.ResPQ(
            nonce=self._nonce,
            server_nonce=self._server_nonce,
            pq=number_to_bytes(_P * _Q),
            server_public_key_fingerprints=[self._server_key.fingerprint],
        )

    def _offer(self, request: TL) -> TL:
        inner = from_bytes(self._server_key.decrypt(request.encrypted_data)[20:])
        self._new_nonce = inner.new_nonce
        offer = bytes(
            types.ServerDHInnerData(
                nonce=self._nonce,
                server_nonce=self._server_nonce,
                g=GENERATOR,
                dh_prime=number_to_bytes(PRIME),
                g_a=number_to_bytes(pow(GENERATOR, self._secret, PRIME)),
                server_time=int(time.time()),  # Telethon sets its message ids' clock by this one
            )
        )
        offer = hashlib.sha1(offer).digest() + offer  # noqa: S324 - MTProto's own choice
        offer += secrets.token_bytes(-len(offer) % 16)
        return types.ServerDHParamsOk(
            nonce=self._nonce,
            server_nonce=self._server_nonce,
            encrypted_answer=AES.encrypt_ige(offer, *self._temporary_key()),
        )

    def _agree(self, request: TL) -> TL:
        inner = from_bytes(AES.decrypt_ige(request.encrypted_data, *self._temporary_key())[20:])
        shared = pow(int.from_bytes(inner.g_b, "big"), self._secret, PRIME)
        # One key in 256 starts with a zero byte. Telethon cuts it off, so it has to go here too.
        auth_key = AuthKey(number_to_bytes(shared))
        self.auth_key = auth_key
        return types.DhGenOk(
            nonce=self._nonce,
            server_nonce=self._server_nonce,
            new_nonce_hash1=auth_key.calc_new_nonce_hash(self._new_nonce, 1),
        )

    def _temporary_key(self) -> tuple[bytes, bytes]:
        key, iv = helpers.generate_key_data_from_nonce(self._server_nonce, self._new_nonce)
        return key, iv
