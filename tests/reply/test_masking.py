from __future__ import annotations

from dataclasses import asdict, fields, replace

from reviewer.findings import (
    Absence,
    Absent,
    Category,
    Claim,
    Confidence,
    Evidence,
    Finding,
    QuoteMatch,
    Refuted,
    Ruling,
    Severity,
    Ungrounded,
    Verification,
)
from reviewer.reply.ground import MAX_QUOTED_CHARACTERS
from reviewer.reply.masking import Masking
from reviewer.reply.quotations import check
from reviewer.reply.statements import Quotation

CLAIM = {field.name for field in fields(Claim)} | {"fingerprint"}
TOKEN = "ghp_" + "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dE3fG5"
KEY = "\n".join(
    ("-----BEGIN RSA PRIVATE KEY-----", *["MIIEowIBAAKCAQEA7bq2z5kq9m0T1v8y" * 2] * 12, "-----END RSA PRIVATE KEY-----")
)
FILES = {
    "app.js": f'send(token="{TOKEN}")\n',
    "key.pem": f"# a key\n{KEY}\n",
    "long.js": "x=1;" * 50_000 + f'run(name);token="{TOKEN}";' + "y=2;" * 50_000,
}


def finding(path: str, line: int, quote: str, words: str = "Why.") -> Finding:
    return Finding(
        title="Title",
        severity=Severity.HIGH,
        confidence=Confidence.HIGH,
        category=Category.SECURITY,
        path=path,
        start_line=line,
        end_line=line,
        quote=quote,
        explanation=words,
        suggestion=words,
        match=QuoteMatch.EXACT,
        fingerprint="0123456789abcdef",
    )


def refuted(made: Finding, reason: str, verification: Verification) -> Refuted:
    rest = {name: value for name, value in asdict(made).items() if name in CLAIM}
    return Refuted(**rest | {"absent": made.absent, "reason": reason, "verification": verification})


def test_a_secret_in_a_quoted_line_is_masked() -> None:
    shown = Masking(FILES.get).finding(finding("app.js", 1, f'send(token="{TOKEN}")'))

    assert shown.quote == 'send(token="[secret: GitHub token]")'


def test_a_quote_from_a_very_long_line_stays_short_though_a_secret_stands_in_that_line() -> None:
    masking = Masking(FILES.get)
    masked = masking.finding(finding("long.js", 1, f'run(name);token="{TOKEN}"')).quote

    assert masking.finding(finding("long.js", 1, "run(name);")).quote == "run(name);"
    assert TOKEN not in masked
    assert len(masked) <= MAX_QUOTED_CHARACTERS


def test_a_line_of_a_key_is_masked_though_the_line_alone_does_not_show_what_it_is() -> None:
    line = FILES["key.pem"].split("\n")[5]
    masking = Masking(FILES.get)

    assert line not in masking.finding(finding("key.pem", 6, line)).quote
    assert line not in masking.evidence(Evidence(path="key.pem", start_line=6, end_line=6, quote=line)).quote


def test_what_a_verification_says_and_quotes_is_masked_of_a_finding_that_stands_and_of_one_that_does_not() -> None:
    line = FILES["key.pem"].split("\n")[5]
    evidence = Evidence(path="key.pem", start_line=6, end_line=6, quote=line)
    said = Verification(ruling=Ruling.REFUTED, explanation=f"The token {TOKEN} is dead.", evidence=evidence)
    standing = replace(finding("app.js", 1, "send(", f"It is {TOKEN}."), verification=said)
    masking = Masking(FILES.get)
    shown, gone = masking.finding(standing), masking.refuted(refuted(standing, said.explanation, said))

    for text in (repr(shown), repr(gone)):
        assert TOKEN not in text
        assert line not in text
    assert gone.reason == "The token [secret: GitHub token] is dead."
    assert shown.verification == gone.verification


def test_a_claim_that_quotes_what_is_not_there_is_masked_too() -> None:
    claim = Ungrounded(
        title="Title",
        severity=Severity.HIGH,
        confidence=Confidence.HIGH,
        category=Category.SECURITY,
        path="nowhere.js",
        start_line=1,
        end_line=1,
        quote=f'token="{TOKEN}"',
        explanation="Why.",
        suggestion="",
        replacement=f'token="{TOKEN}"',
        reason="no such file",
        fingerprint="0123456789abcdef",
    )
    shown = Masking(FILES.get).ungrounded(claim)

    assert (shown.quote, shown.replacement) == ('token="[secret: GitHub token]"', None)


def test_what_holds_no_secret_stays_as_it_is() -> None:
    plain = finding("app.js", 1, "send(")
    said = Verification(ruling=Ruling.CONFIRMED, explanation="It is so.")

    assert Masking(FILES.get).finding(replace(plain, verification=said)) == replace(plain, verification=said)


def test_no_word_of_a_claim_that_is_shown_as_none_holds_a_secret() -> None:
    made = finding(f"src/{TOKEN}.py", 3, TOKEN, TOKEN)
    rest = {name: value for name, value in asdict(made).items() if name in CLAIM}
    absent = (Absent(Absence.UNDEFINED, TOKEN),)
    claim = Ungrounded(**rest | {"title": TOKEN, "absent": absent, "reason": f"there is no {TOKEN}", "notes": (TOKEN,)})

    assert TOKEN not in repr(Masking(FILES.get).ungrounded(claim))
    assert TOKEN not in repr(
        Masking(FILES.get).finding(
            replace(made, path="app.js", title=TOKEN, absent=absent, notes=(TOKEN,), as_quoted=TOKEN, quote="send")
        )
    )


def test_a_quote_of_an_answer_that_is_nowhere_is_masked_with_the_path_it_names() -> None:
    quotation = Quotation(path=f"{TOKEN}.py", quote=f"x = {TOKEN}", start_line=1, end_line=1)

    assert TOKEN not in repr(check([quotation], FILES.get))
