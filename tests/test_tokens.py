"""Who is asked for a token, how often, and what goes to an emulator instead."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ftops.errors import CredentialMissing
from ftops.service.address import Address
from ftops.service.data_plane import DataPlane
from ftops.service.tokens import Tokens
from tests.test_data_plane import SWEDEN, page, run
from tests.test_transport import Clock, Script

DATA, ARM = "https://cognitiveservices.azure.com", "https://management.azure.com"
LOCAL = "http://127.0.0.1:8080"


def account(endpoint: str = SWEDEN.endpoint, management: str = ARM, variable: str | None = None) -> Address:
    return Address("sweden", endpoint, SWEDEN.resource_id, SWEDEN.region, management, variable)


def ask(tokens: Tokens, plane: str, address: Address) -> str:
    found: str = asyncio.run(getattr(tokens, plane)(address))
    return found


@pytest.fixture
def az(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stands for the Azure CLI, which azure-identity asks; the file holds a line for each time that it was."""
    log = tmp_path / "az.log"
    script = tmp_path / "az"
    answer = '{"accessToken": "token-%s", "expires_on": 1700003600, "expiresOn": "2023-11-14 23:13:20.000000"}'
    script.write_text(
        f"#!/bin/sh\nfor word; do last=$word; case $word in https*) found=$word;; esac; done\n"
        f'echo "$found" >> {log}\nprintf \'{answer}\' "$(wc -l < {log})"\n'
    )
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "AzureCliCredential")
    return log


def test_a_token_is_kept_until_five_minutes_before_its_end(az: Path) -> None:
    clock = Clock(1_700_000_000)
    tokens = Tokens(clock)

    assert [ask(tokens, "data", account()) for _ in range(3)] == ["token-1"] * 3
    clock.time += 3299
    assert ask(tokens, "data", account()) == "token-1"
    clock.time += 2
    assert ask(tokens, "data", account()) == "token-2"


def test_the_planes_have_tokens_of_their_own(az: Path) -> None:
    tokens = Tokens(Clock())

    assert ask(tokens, "data", account()) != ask(tokens, "management", account())
    assert az.read_text().split() == [DATA, ARM]


def test_another_cloud_is_asked_for_its_own_token(az: Path) -> None:
    ask(Tokens(Clock()), "management", account(management="https://management.chinacloudapi.cn/"))
    assert az.read_text().split() == ["https://management.chinacloudapi.cn"]


def test_many_accounts_at_once_share_one_question(az: Path) -> None:
    async def all_at_once() -> list[str]:
        tokens = Tokens(Clock())
        return await asyncio.gather(*(tokens.data(account()) for _ in range(20)))

    assert asyncio.run(all_at_once()) == ["token-1"] * 20


def test_without_a_sign_in_the_error_says_how(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "AzureCliCredential")

    with pytest.raises(
        CredentialMissing, match=r"no token for https://cognitiveservices\.azure\.com/\.default"
    ) as caught:
        ask(Tokens(Clock()), "data", account())
    assert "az login" in caught.value.hint
    assert "\n" not in caught.value.message


@pytest.mark.parametrize("value", [None, "", "  \n"])
def test_a_missing_key_is_named(value: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SWEDEN_KEY", raising=False)
    if value is not None:
        monkeypatch.setenv("SWEDEN_KEY", value)

    with pytest.raises(CredentialMissing) as caught:
        ask(Tokens(Clock()), "data", account(variable="SWEDEN_KEY"))
    assert caught.value.message == "account/sweden: the variable SWEDEN_KEY holds no key"
    assert caught.value.hint == "export SWEDEN_KEY, or set `auth: {type: entra}` on the account"


def test_a_key_loses_the_line_end_that_it_was_stored_with(monkeypatch: pytest.MonkeyPatch) -> None:
    """`echo $KEY | gh secret set` adds one; sent along it breaks the header, whose text then lands in messages."""
    monkeypatch.setenv("SWEDEN_KEY", "secret\n")
    assert ask(Tokens(Clock()), "data", account(variable="SWEDEN_KEY")) == "secret"


@pytest.mark.parametrize("value", ["se\ncret", "sécret", "se cret"])
def test_a_key_that_cannot_be_sent_is_refused_and_not_shown(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SWEDEN_KEY", value)

    with pytest.raises(CredentialMissing) as caught:
        ask(Tokens(Clock()), "data", account(variable="SWEDEN_KEY"))
    assert caught.value.message == "account/sweden: the variable SWEDEN_KEY holds no key"


def test_arm_takes_a_token_also_where_the_data_plane_takes_a_key(az: Path) -> None:
    assert ask(Tokens(Clock()), "management", account(variable="SWEDEN_KEY")) == "token-1"


@pytest.mark.parametrize(
    ("tokens", "address"),
    [
        (Tokens(Clock(), emulated=True), account()),
        (Tokens(Clock(), emulated=True), account(variable="SWEDEN_KEY")),
        (Tokens(Clock()), account(LOCAL, LOCAL)),
        (Tokens(Clock()), account(LOCAL, LOCAL, variable="SWEDEN_KEY")),
        (Tokens(Clock()), account(LOCAL)),  # a forgotten managementEndpoint: Azure gets no token to act on either
        (Tokens(Clock()), account(management=LOCAL)),
    ],
)
def test_an_emulator_gets_readable_tokens_and_never_a_real_one(
    tokens: Tokens, address: Address, az: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SWEDEN_KEY", "secret")

    assert ask(tokens, "data", address) == "emu.data.ftops"
    assert ask(tokens, "management", address) == "emu.management.ftops"
    assert not az.exists()


def test_an_emulated_account_with_a_key_sends_the_readable_token_as_a_token() -> None:
    """The emulator knows it as a token only."""
    wire = Script(page("a"))

    async def read(data: DataPlane) -> None:
        assert [item async for item in data.jobs()]

    run(wire, read, account(variable="SWEDEN_KEY"))
    assert wire.sent[0].headers["authorization"] == "Bearer emu.data.ftops"
    assert "api-key" not in wire.sent[0].headers


PLAN = """
import sys
from ftops.cli import run
code = run(["plan", sys.argv[1], "--emulator"])
print(code, sorted({name.split(".")[0] for name in sys.modules} & {"openai", "azure", "msal", "networkx", "rich"}))
"""


def test_a_plan_imports_neither_openai_nor_azure(tmp_path: Path) -> None:
    """They take a second; a plan that needs no token of Entra has no use for them."""
    specs = Path(__file__).parent.parent / "specs" / "quickstart"
    found = subprocess.run([sys.executable, "-c", PLAN, specs], cwd=tmp_path, capture_output=True, text=True)
    assert found.stdout.splitlines()[-1] == "0 []", found.stderr
