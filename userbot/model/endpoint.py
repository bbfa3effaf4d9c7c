"""Where the model is and with which key: settings checked, and an SDK that is left nothing to guess."""

import ipaddress
import re
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from openai import AsyncOpenAI, DefaultAsyncHttpxClient, Timeout

from userbot.errors import OwnerMustAct

OPENAI_URL = "https://api.openai.com/v1"
OPENAI_HOST = "api.openai.com"
# Servers on one's own machine want no key, and the SDK wants some.
PLACEHOLDER_KEY = "no-key-needed"
LONGEST_CONNECT_S = 10.0
_HOME_NAMES = (".local", ".localhost", ".lan", ".home.arpa", ".internal")
# Ollama passes these on to its own cloud, though it is asked on one's own machine.
_RUN_ELSEWHERE = re.compile(r"[:-]cloud$")

Api = Literal["auto", "chat", "responses"]


@dataclass(frozen=True)
class ModelSettings:
    """Which model, where, and how it is spoken to.

    `api_key` is sent to `base_url` and nowhere else, and nothing is ever taken from the environment here. Who
    reads the settings keeps the rule that OPENAI_API_KEY goes to an OPENAI_BASE_URL of its own only when
    the owner set both. An empty `base_url` is OpenAI's own; an empty key with another URL is a placeholder.
    `timeout_s` is for one wire call as a whole. `named` is what the names of its settings begin with, so that errors
    name the right one: OPENAI_API_KEY, FALLBACK_1_API_KEY.
    """

    model: str
    api_key: str = field(repr=False)
    base_url: str | None = None
    api: Api = "auto"
    timeout_s: float = 120.0
    named: str = "OPENAI"


@dataclass(frozen=True)
class Endpoint:
    """A checked address and the key that goes there. `host` names the place in logs and errors.

    `is_local`: what is written to this model stays with its owner, as far as can be told. `is_at_home`: its address
    alone says so.
    """

    url: str
    host: str
    key: str = field(repr=False)
    is_openai: bool
    is_loopback: bool
    has_own_url: bool
    is_local: bool
    is_at_home: bool


def read_endpoint(settings: ModelSettings) -> Endpoint:
    """Raises OwnerMustAct, naming the setting, when the address or key cannot work."""
    own_url = (settings.base_url or "").strip()
    try:
        parts = urlsplit(own_url or OPENAI_URL)
        name, port = parts.hostname, parts.port
    except ValueError:
        name, port, parts = None, None, urlsplit("")
    if parts.scheme not in ("http", "https") or not name:
        raise OwnerMustAct(f"{settings.named}_BASE_URL is no address: it looks like https://example.org/v1.")
    if parts.username or parts.password:
        raise OwnerMustAct(f"{settings.named}_BASE_URL must hold no user name or password: it shows in logs.")
    key = settings.api_key.strip()
    if not key and own_url:
        key = PLACEHOLDER_KEY
    if not key or not key.isascii() or not key.isprintable():
        raise OwnerMustAct(
            f"{settings.named}_API_KEY is missing or has letters no key has. Set it, or {settings.named}_BASE_URL."
        )
    is_elsewhere = bool(_RUN_ELSEWHERE.search(settings.model))
    is_at_home = _is_at_home(name) and not is_elsewhere
    return Endpoint(
        url=own_url or OPENAI_URL,
        host=f"{name}:{port}" if port else name,
        key=key,
        is_openai=name == OPENAI_HOST,
        is_loopback=name in ("localhost", "::1") or name.startswith("127."),
        has_own_url=bool(own_url),
        # A server that wants no key belongs to whoever named it.
        is_local=is_at_home or (key == PLACEHOLDER_KEY and not is_elsewhere),
        is_at_home=is_at_home,
    )


def _is_at_home(name: str) -> bool:
    """Does this host's name or address alone say that it is in the owner's own network?"""
    try:
        address = ipaddress.ip_address(name.split("%")[0])
    except ValueError:
        # A name without a dot is one of the own network: a container, a NAS.
        return "." not in name or name.endswith(_HOME_NAMES)
    return not address.is_global


def open_sdk(endpoint: Endpoint, timeout_s: float) -> AsyncOpenAI:
    """The SDK's client for this endpoint, without retries of its own.

    By itself it would take OPENAI_ADMIN_KEY, OPENAI_ORG_ID, OPENAI_PROJECT_ID, OPENAI_WEBHOOK_SECRET and
    OPENAI_CUSTOM_HEADERS from the environment, and send what was meant for one host to another. Redirects are
    not followed for the same reason. Proxies of the environment are kept, but not for this machine itself.
    """
    timeout = Timeout(timeout_s, connect=min(timeout_s, LONGEST_CONNECT_S))
    sdk = AsyncOpenAI(
        api_key=endpoint.key,
        base_url=endpoint.url,
        admin_api_key="",
        organization="",
        project="",
        webhook_secret="",
        timeout=timeout,
        max_retries=0,
        http_client=DefaultAsyncHttpxClient(
            timeout=timeout, trust_env=not endpoint.is_loopback, follow_redirects=False
        ),
    )
    # Empty headers are not the same as none, and the custom ones can be kept out in no other way.
    sdk.organization = sdk.project = None
    sdk._custom_headers = {}
    return sdk
