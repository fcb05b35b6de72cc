"""Which values of an environment are secrets, and which ordinary ones a report may show."""

from __future__ import annotations

import json

import pytest

from reviewer.live_values import secret_values

TOKEN = "ghs_0aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0uV1wX"
RANDOM = "q7Zp2LmX9vRt4KdW8sYh"
SECRETS = {
    "ANTHROPIC_API_KEY": "loopback-key-0123456789",
    "ANTHROPIC_AUTH_TOKEN": "a-token-of-a-gateway",
    "ANTHROPIC_IDENTITY_TOKEN": "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJhIn0.c2lnbmF0dXJl",
    "INPUT_ANTHROPIC_API_KEY": "an-input-of-the-action",
    "INPUT_GITHUB_TOKEN": "another-input-of-it",
    "GITHUB_TOKEN": TOKEN,
    "GH_TOKEN": TOKEN.lower(),
    "ACTIONS_RUNTIME_TOKEN": "a-runtime-token-of-the-runner",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "request-token",
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "AZURE_CLIENT_SECRET": "abc8Q~a-client-secret.of-azure",
    "STRIPE_API_KEY": RANDOM,
    "my_service_token": RANDOM,
    "DB_PASSWORD": "correct-horse-battery-staple",
    "VAULT_PASSPHRASE": "correct horse battery staple",
    "AZURE_STORAGE_KEY": "/aB3+dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3xY5z==",
    "NPM_AUTH": "dXNlcjpwYXNzd29yZDEyMw1",
    "SESSION_COOKIE": "550e8400-e29b-41d4-a716-446655440000",
    "UNTOLD": "sk-proj-a1B2c3D4e5F6g7H8i9J0k1L2",
    "ALSO_UNTOLD": "github_pat_11A2b3C4d5E6f7G8h9I0_j1K2l3M4n5O6",
}
ORDINARY = {
    "SSH_AUTH_SOCK": "/tmp/ssh-XXXXXXabcd12/agent.4242",
    "GPG_KEY": "A035C8C19219BA821ECEA86B64E628F8D684696D",
    "LESSKEY": "/home/person/.config/less9key/file",
    "XAUTHORITY": "/run/user/1000/.mutter-Xwaylandauth.A1B2C3",
    "DBUS_SESSION_BUS_ADDRESS": "unix:path=/run/user/1000/bus,guid=0a1b2c3d4e5f60718293a4b5c6d7e8f9",
    "GNOME_KEYRING_CONTROL": "/run/user/1000/keyring",
    "GIT_AUTHOR_NAME": "Person1 Of2 Some3 Name4 A5b6",
    "GIT_ASKPASS": "/usr/lib/git-core/git-gui--askpass",
    "SUDO_ASKPASS": "/usr/bin/ssh-askpass",
    "TOKENIZERS_PARALLELISM": "false",
    "AUTH_MODE": "password-and-token",
    "AUTH_SERVER": "auth1.example.com:8443",
    "TOKEN_ENDPOINT": "https://login.example.com/oauth2/v2.0/token1a2b3c",
    "PASSWORD_STORE_DIR": "/home/person/.password-store",
    "SECRETS_BACKEND": "vault-kubernetes",
    "SECRET_ARN": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:a1B2c3",
    "SIGNING_KEY": "projects-signing-key-v2",
    "CACHE_KEY": "linux-node-20-9f86d081884c7d659a2feaa0c55ad015",
    "NODE_AUTH_TOKEN": "XXXXX-XXXXX-XXXXX-XXXXX",
    "KEYTIMEOUT": "1000000000000",
    "API_KEY": "123456789012345",
    "API_TOKEN": "changeme",
    "SHELL_SESSION_ID": "0A1B2C3D-4E5F-6071-8293-A4B5C6D7E8F9",
    "GITHUB_SHA": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
    "GITHUB_TOKEN_ALTERNATIVE": "${{ secrets.TOKEN }}",
    "HTTPS_PROXY": "http://proxy.example.com:8080",
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin",
    "LS_COLORS": "rs=0:di=01;34:ln=01;36:mh=00",
}


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret(name: str) -> None:
    assert secret_values({name: SECRETS[name]}) == (SECRETS[name],)


@pytest.mark.parametrize("name", ORDINARY)
def test_no_secret(name: str) -> None:
    assert secret_values({name: ORDINARY[name]}) == ()


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        (
            {"HTTPS_PROXY": "http://bob:p%40ssword-of-bob@proxy:80"},
            ["p%40ssword-of-bob", "p@ssword-of-bob", "bob:p@ssword-of-bob"],
        ),
        ({"https_proxy": "http://bob:pw@proxy.example.com"}, []),
        ({"DATABASE_URL": "postgres://app:N0-words-but-letters@db/x"}, ["N0-words-but-letters", "app:N0-words-but-letters"]),
        ({"PIP_INDEX_URL": f"https://{TOKEN}@pypi.example.com/simple"}, [TOKEN]),
        ({"ANTHROPIC_CUSTOM_HEADERS": f"x-team: platform-engineering\nAuthorization: Bearer {RANDOM}"}, [RANDOM]),
        ({"ANTHROPIC_CUSTOM_HEADERS": f"x-gateway: {RANDOM}"}, [RANDOM]),
        ({"OTEL_EXPORTER_OTLP_HEADERS": f"authorization=Basic%20{RANDOM},x-team=platform"}, [RANDOM]),
    ],
)
def test_what_stands_within_a_value(environ: dict[str, str], expected: list[str]) -> None:
    assert list(secret_values(environ)) == expected


def test_of_a_key_file_in_a_variable_only_what_is_random_is_a_secret() -> None:
    lines = [
        "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj",
        "MzEfYyjiWA4R4/M2bS1GB4t7NXp98C3SC6dVMvDuictGeurT8jNbvJZHtCSuYEvu",
    ]
    pem = "\n".join(("-----BEGIN PRIVATE KEY-----", *lines, "-----END PRIVATE KEY-----"))
    account = {
        "type": "service_account",
        "client_email": "bot@project-123456.iam.gserviceaccount.com",
        "token_uri": "https://oauth2.googleapis.com/token",
        "private_key": pem,
    }

    assert secret_values({"SIGNING_KEY": pem}) == tuple(lines)
    assert secret_values({"GOOGLE_CREDENTIALS": json.dumps(account)}) == tuple(lines)


def test_the_same_value_counts_once_and_what_is_short_never() -> None:
    assert secret_values({"GITHUB_TOKEN": TOKEN, "GH_TOKEN": TOKEN, "MY_TOKEN": "a1B2c3D4e5F"}) == (TOKEN,)
