"""Protects whoever installs this on a Sunday evening: the unit, the image and compose.yml agree with the code."""

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from userbot import __version__
from userbot.__main__ import ALREADY_RUNNING, NOT_LOGGED_IN, USAGE
from userbot.supervisor import ALIVE_EVERY_S

CHECKOUT = Path(__file__).parents[1]
UNIT = CHECKOUT / "userbot.service"
DOCKERFILE = (CHECKOUT / "Dockerfile").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def service() -> configparser.SectionProxy:
    unit = configparser.ConfigParser(interpolation=None, strict=False, delimiters=("=",))
    unit.read(UNIT, encoding="utf-8")
    return unit["Service"]


def test_what_only_a_person_can_mend_is_not_started_again(service: configparser.SectionProxy) -> None:
    codes = {int(code) for code in service["RestartPreventExitStatus"].split()}
    assert codes == {USAGE, NOT_LOGGED_IN, ALREADY_RUNNING}


def test_the_watchdog_waits_for_more_than_one_sign_of_life(service: configparser.SectionProxy) -> None:
    assert service["Type"] == "notify"
    assert float(service["WatchdogSec"]) >= 3 * ALIVE_EVERY_S


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here to ask")
def test_systemd_takes_the_unit_and_finds_it_safe(tmp_path: Path) -> None:
    unit = tmp_path / UNIT.name
    # The program itself is not installed there on this machine.
    unit.write_text(re.sub(r"ExecStart=\S+", "ExecStart=/bin/true", UNIT.read_text(encoding="utf-8")))
    verified = subprocess.run(  # noqa: S603
        ["systemd-analyze", "verify", str(unit)],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (verified.returncode, [line for line in verified.stderr.splitlines() if UNIT.name in line]) == (0, [])
    security = subprocess.run(  # noqa: S603
        ["systemd-analyze", "security", "--offline=true", "--threshold=20", str(unit)],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert security.returncode == 0, security.stdout[-300:]


def test_the_image_is_made_of_what_is_there_and_of_nothing_secret() -> None:
    copied = {
        name
        for line in re.findall(r"^COPY (?!--from)(.*)$", DOCKERFILE, re.M)
        for name in line.split()[:-1]
        if not name.startswith("--")
    }
    allowed = {
        line[1:] for line in (CHECKOUT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line[:1] == "!"
    }
    assert copied == allowed
    assert all((CHECKOUT / name).exists() for name in copied)
    assert not {".env", "data", "sessions"} & copied


def test_the_image_is_not_root_and_says_how_it_is() -> None:
    last = DOCKERFILE.split("FROM ")[-1]
    assert re.search(r"^USER userbot$", last, re.M)
    assert 'CMD ["userbot", "health"]' in last
    assert 'CMD ["run"]' in last


def test_compose_keeps_data_and_sessions_and_limits_the_rest() -> None:
    service = yaml.safe_load((CHECKOUT / "compose.yml").read_text(encoding="utf-8"))["services"]["userbot"]
    kept = {volume.split(":")[1] for volume in service["volumes"]}
    assert kept == {"/home/userbot/data", "/home/userbot/sessions", "/home/userbot/skills"}
    assert service["read_only"] is True
    assert service["mem_limit"] == "256m"
    assert service["image"] == f"userbot:{__version__}"
