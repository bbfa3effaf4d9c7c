"""The server's half of the second-factor password check (SRP, core.telegram.org/api/srp).

The client proves that it knows the password without sending it; the formulas' names are the documentation's.
"""

import secrets
from dataclasses import dataclass
from hashlib import sha256

from telethon import password as telethon_password
from telethon.tl import types

from userbot.rehearsal.telegram.account import Account
from userbot.rehearsal.telegram.primes import GENERATOR, PRIME
from userbot.rehearsal.telegram.refusal import Refusal
from userbot.rehearsal.telegram.wire import TL

_SIZE = 256
_P = PRIME.to_bytes(_SIZE, "big")
_G = GENERATOR.to_bytes(_SIZE, "big")
_K = int.from_bytes(sha256(_P + _G).digest(), "big")


@dataclass(frozen=True)
class _Challenge:
    account_id: int
    b: int
    big_b: int


@dataclass(frozen=True)
class _Verifier:
    password: str
    algorithm: TL
    v: int


class PasswordChecks:
    def __init__(self) -> None:
        self._verifiers: dict[int, _Verifier] = {}
        self._challenges: dict[int, _Challenge] = {}

    def challenge(self, account: Account) -> TL:
        """An account.Password: with a fresh challenge where the account has a password."""
        blank = _algorithm()
        if account.password is None:
            return _password_info(new_algo=blank)
        verifier = self._verifier(account)
        b = secrets.randbits(2048)
        big_b = (_K * verifier.v + pow(GENERATOR, b, PRIME)) % PRIME
        srp_id = secrets.randbits(62)
        self._challenges[srp_id] = _Challenge(account.id, b, big_b)
        return _password_info(
            new_algo=blank,
            has_password=True,
            current_algo=verifier.algorithm,
            srp_B=big_b.to_bytes(_SIZE, "big"),
            srp_id=srp_id,
        )

    def check(self, account: Account, proof: TL) -> None:
        """Raises PASSWORD_HASH_INVALID when the password was another one. A challenge serves once."""
        if isinstance(proof, types.InputCheckPasswordEmpty):
            raise Refusal(400, "PASSWORD_HASH_INVALID")
        challenge = self._challenges.pop(proof.srp_id, None)
        if challenge is None or challenge.account_id != account.id:
            raise Refusal(400, "SRP_ID_INVALID")
        verifier = self._verifier(account)
        big_a_bytes = proof.A.rjust(_SIZE, b"\0")
        big_b_bytes = challenge.big_b.to_bytes(_SIZE, "big")
        u = int.from_bytes(sha256(big_a_bytes + big_b_bytes).digest(), "big")
        big_a = int.from_bytes(big_a_bytes, "big")
        s = pow(big_a * pow(verifier.v, u, PRIME), challenge.b, PRIME)
        k = sha256(s.to_bytes(_SIZE, "big")).digest()
        p_xor_g = bytes(x ^ y for x, y in zip(sha256(_P).digest(), sha256(_G).digest(), strict=True))
        expected = sha256(
            p_xor_g
            + sha256(verifier.algorithm.salt1).digest()
            + sha256(verifier.algorithm.salt2).digest()
            + big_a_bytes
            + big_b_bytes
            + k
        ).digest()
        if not secrets.compare_digest(expected, proof.M1):
            raise Refusal(400, "PASSWORD_HASH_INVALID")

    def _verifier(self, account: Account) -> _Verifier:
        # Kept, because deriving it is slow on purpose: 100,000 rounds of PBKDF2.
        assert account.password is not None  # noqa: S101 - callers look first
        known = self._verifiers.get(account.id)
        if known is None or known.password != account.password:
            algorithm = _algorithm()
            digest = telethon_password.compute_digest(algorithm, account.password)
            known = _Verifier(account.password, algorithm, int.from_bytes(digest, "big"))
            self._verifiers[account.id] = known
        return known


def _algorithm() -> TL:
    return types.PasswordKdfAlgoSHA256SHA256PBKDF2HMACSHA512iter100000SHA256ModPow(
        salt1=secrets.token_bytes(8), salt2=secrets.token_bytes(16), g=GENERATOR, p=_P
    )


def _password_info(**fields: TL) -> TL:
    return types.account.Password(
        new_secure_algo=types.SecurePasswordKdfAlgoUnknown(), secure_random=secrets.token_bytes(16), **fields
    )
