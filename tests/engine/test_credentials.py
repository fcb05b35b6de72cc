"""Which credentials are found, in the SDK's order, and which endpoints are allowed."""

from __future__ import annotations

import itertools
from pathlib import Path

import anthropic
import pytest

from reviewer.engine.credentials import CredentialKind, base_url, checked_endpoint, find_credentials, private_hosts, proxy_for
from reviewer.errors import ConfigError

FEDERATION = {
    "ANTHROPIC_FEDERATION_RULE_ID": "rule",
    "ANTHROPIC_ORGANIZATION_ID": "org",
    "ANTHROPIC_IDENTITY_TOKEN_FILE": "/run/token",
}
EVERYTHING = {
    "ANTHROPIC_API_KEY": "sk-ant-key",
    "ANTHROPIC_AUTH_TOKEN": "token",
    "ANTHROPIC_PROFILE": "work",
    **FEDERATION,
}


def write_profile(config_home: Path, name: str = "default", *, active: bool = False) -> None:
    folder = config_home / "anthropic"
    (folder / "configs").mkdir(parents=True)
    (folder / "configs" / f"{name}.json").write_text("{}")
    if active:
        (folder / "active_config").write_text(f"{name}\n")


@pytest.mark.parametrize(
    ("unset", "kind", "source"),
    [
        ([], CredentialKind.API_KEY, "ANTHROPIC_API_KEY"),
        (["ANTHROPIC_API_KEY"], CredentialKind.AUTH_TOKEN, "ANTHROPIC_AUTH_TOKEN"),
        (["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"], CredentialKind.PROFILE, "profile work (ANTHROPIC_PROFILE)"),
        (
            ["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_PROFILE"],
            CredentialKind.FEDERATION,
            "workload identity (ANTHROPIC_FEDERATION_RULE_ID)",
        ),
        (
            ["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_PROFILE", *FEDERATION],
            CredentialKind.PROFILE,
            "profile default",
        ),
    ],
)
def test_the_order_is_the_sdks(tmp_path: Path, unset: list[str], kind: CredentialKind, source: str) -> None:
    write_profile(tmp_path)
    environ = {name: value for name, value in EVERYTHING.items() if name not in unset}
    found = find_credentials(environ, tmp_path)
    assert found is not None
    assert (kind, source) == (found.kind, found.source)


def sdk_choice() -> CredentialKind | None:
    """What the SDK would use by itself."""
    with anthropic.Anthropic(open_telemetry=False) as client:
        if client.api_key is not None:
            return CredentialKind.API_KEY
        if client.auth_token is not None:
            return CredentialKind.AUTH_TOKEN
        provider = type(client.credentials).__name__
        return {"CredentialsFile": CredentialKind.PROFILE, "WorkloadIdentityCredentials": CredentialKind.FEDERATION}.get(provider)


def test_the_sdk_agrees_whatever_is_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    write_profile(home / ".config", "work")
    (home / ".config" / "anthropic" / "configs" / "work.json").write_text('{"authentication": {"type": "user_oauth"}}')
    monkeypatch.setenv("HOME", str(home))
    for chosen in itertools.product([True, False], repeat=len(EVERYTHING)):
        environ = {name: value for (name, value), wanted in zip(EVERYTHING.items(), chosen, strict=True) if wanted}
        with monkeypatch.context() as patch:
            for name, value in environ.items():
                patch.setenv(name, value)
            found = find_credentials(environ, home / ".config")
            assert sdk_choice() == (found and found.kind), environ


def test_nothing_set_is_no_credentials(tmp_path: Path) -> None:
    assert find_credentials({}, tmp_path) is None
    assert find_credentials({"ANTHROPIC_API_KEY": " \n", "ANTHROPIC_FEDERATION_RULE_ID": "rule"}, tmp_path) is None


def test_a_profile_that_is_not_the_active_one_is_no_credentials(tmp_path: Path) -> None:
    write_profile(tmp_path, "work")
    assert find_credentials({}, tmp_path) is None


def test_the_active_profile_is_found_by_its_pointer(tmp_path: Path) -> None:
    write_profile(tmp_path, "work", active=True)
    found = find_credentials({}, tmp_path)
    assert found is not None
    assert found.profile == "work"


def test_a_folder_the_operator_names_counts_even_when_it_is_empty(tmp_path: Path) -> None:
    found = find_credentials({"ANTHROPIC_CONFIG_DIR": str(tmp_path / "nowhere")}, tmp_path)
    assert found is not None
    assert found.profile == "default"


def test_a_key_with_a_line_break_at_its_end_is_that_key(tmp_path: Path) -> None:
    found = find_credentials({"ANTHROPIC_API_KEY": "sk-ant-key\n"}, tmp_path)
    assert found is not None
    assert found.secret == "sk-ant-key"


@pytest.mark.parametrize("key", ["sk-ant one", "sk-ant\nx: y", "sk-ant\N{EM DASH}key", "sk-ant\x00key"])
def test_a_key_that_no_header_can_carry_is_an_error_that_does_not_show_it(tmp_path: Path, key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        find_credentials({"ANTHROPIC_API_KEY": key}, tmp_path)
    assert "sk-ant" not in f"{caught.value.message}{caught.value.hint}"


def test_credentials_do_not_show_their_secret(tmp_path: Path) -> None:
    for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"):
        found = find_credentials({name: "sk-ant-secret"}, tmp_path)
        assert "sk-ant-secret" not in f"{found!r}{found}{[found]}"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://api.anthropic.com", "https://api.anthropic.com"),
        ("https://gateway.example/claude/", "https://gateway.example/claude"),
        ("https://gateway.example:8443", "https://gateway.example:8443"),
        ("http://127.0.0.1:8787", "http://127.0.0.1:8787"),
        ("http://127.9.9.9", "http://127.9.9.9"),
        ("http://[::1]:80/", "http://[::1]:80"),
        ("http://localhost:4000", "http://localhost:4000"),
        ("HTTPS://Gateway.example", "https://Gateway.example"),
    ],
)
def test_an_endpoint_that_may_have_our_source(url: str, expected: str) -> None:
    assert expected == checked_endpoint(url, source="--base-url")


@pytest.mark.parametrize(
    "url",
    [
        "http://api.anthropic.com",
        "http://10.0.0.1",
        "http://0.0.0.0:8080",
        "http://localhost.evil.example",
        "http://127.0.0.1.evil.example",
        "https://user:hunter2@gateway.example",
        "https://hunter2@gateway.example",
        "https://gateway.example/?key=hunter2",
        "https://gateway.example/#hunter2",
        "ftp://gateway.example",
        "file:///etc/passwd",
        "gateway.example",
        "https://",
        "https://gateway.example:port",
        "https://[::1",
        "https://gate way.example",
        "https://g\N{CYRILLIC SMALL LETTER A}teway.example",
    ],
)
def test_an_endpoint_that_may_not(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        checked_endpoint(url, source="ANTHROPIC_BASE_URL")
    assert caught.value.message.startswith("ANTHROPIC_BASE_URL ")
    assert "hunter2" not in f"{caught.value.message}{caught.value.hint}"


def test_the_endpoint_comes_from_the_operators_environment() -> None:
    assert base_url({}) is None
    assert base_url({"ANTHROPIC_BASE_URL": " "}) is None
    assert base_url({"ANTHROPIC_BASE_URL": "https://gateway.example/"}) == "https://gateway.example"


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("10.0.0.5", "http://10.0.0.5:4000/v1"),
        ("Gateway.Internal", "http://gateway.internal:8080"),
        ("gateway.internal.", "http://GATEWAY.internal"),
        ("llm", "http://llm"),
        ("[fd00::5]", "http://[fd00::5]:80"),
        ("fd00::5", "http://[fd00::5]"),
        ("10.0.0.5", "https://elsewhere.example"),
    ],
)
def test_a_private_host_that_the_operator_names_may_be_asked_without_encryption(host: str, url: str) -> None:
    assert checked_endpoint(url, source="--base-url", http_hosts=private_hosts([host], source="--allow-http-host"))


@pytest.mark.parametrize(
    "url", ["http://10.0.0.6", "http://gateway.internal.evil.example", "http://x.gateway.internal", "ftp://10.0.0.5"]
)
def test_naming_one_host_allows_no_other(url: str) -> None:
    hosts = private_hosts(["10.0.0.5", "gateway.internal"], source="--allow-http-host")
    with pytest.raises(ConfigError) as caught:
        checked_endpoint(url, source="--base-url", http_hosts=hosts)
    assert "--allow-http-host" in caught.value.hint


@pytest.mark.parametrize(
    "host", ["8.8.8.8", "2001:4860:4860::8888", "http://10.0.0.5", "10.0.0.5:80", "*", "*.internal", "a/b", "", "a b"]
)
def test_what_is_not_a_private_host_is_refused(host: str) -> None:
    with pytest.raises(ConfigError, match="--allow-http-host"):
        private_hosts([host], source="--allow-http-host")


PROXY = "http://proxy.example:3128"


@pytest.mark.parametrize(
    ("no_proxy", "url", "is_asked_through_it"),
    [
        ("", "https://api.example.com", True),
        ("", "http://127.0.0.1:80", False),
        ("*", "https://api.example.com", False),
        ("api.example.com", "https://api.example.com", False),
        ("example.com", "https://api.example.com", False),
        (".example.com", "https://api.example.com/v1", False),
        ("*.example.com", "https://API.example.com", False),
        ("ple.com", "https://api.example.com", True),
        ("a, api.example.com:443 ,b", "https://api.example.com", False),
        ("api.example.com:8443", "https://api.example.com", True),
        ("api.example.com:8443", "https://api.example.com:8443", False),
        ("10.0.0.0/8", "https://10.1.2.3", False),
        ("10.0.0.0/8", "https://11.1.2.3", True),
        ("::1,fd00::/8", "https://[fd00::5]:8443", False),
        ("[::1]", "https://[::1]", False),
        ("10.0.0.0/99,[::1,http://,a b:c,%,:,/,*.", "https://api.example.com", True),
    ],
)
def test_the_proxy_is_that_of_the_endpoint_whatever_no_proxy_holds(
    monkeypatch: pytest.MonkeyPatch, no_proxy: str, url: str, is_asked_through_it: bool
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", PROXY)
    monkeypatch.setenv("ALL_PROXY", "foo://nowhere")
    monkeypatch.setenv("NO_PROXY", no_proxy)

    assert proxy_for(url) == (PROXY if is_asked_through_it else None)


@pytest.mark.parametrize("value", ["proxy.example:3128", "socks5h://127.0.0.1:1080", "https://user:word@proxy.example"])
def test_a_proxy_for_everything_is_one_for_the_endpoint(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("ALL_PROXY", value)

    assert proxy_for("https://api.example.com") == (value if "://" in value else f"http://{value}")


@pytest.mark.parametrize(
    "value", ["foo://user:hunter2@host", "socks://127.0.0.1:1080", "http://hunter2:nowhere", "http://[::1", "http://"]
)
def test_a_variable_that_names_no_proxy_is_an_error_that_does_not_repeat_it(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", value)

    with pytest.raises(ConfigError, match="no address of a proxy") as caught:
        proxy_for("https://api.example.com")
    assert "hunter2" not in f"{caught.value.message}{caught.value.hint}"
    assert proxy_for("http://127.0.0.1:80") is None
