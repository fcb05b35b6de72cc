"""How a review looks on the page of a pull request: its summary comment, and its comments beside their lines.

    python bench/page.py page.html [page.png]

A small shop, a pull request with six findings, posted to the server of the tests and read back from it. GitHub's own parser makes the
HTML, a few lines of CSS stand for its page. The picture is taken by `chromium`, where that is installed.
"""

from __future__ import annotations

import html
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import cmarkgfm  # type: ignore[import-untyped]
from cmarkgfm.cmark import Options  # type: ignore[import-untyped]
from github_replay import Replay, says

from github_server import GitHubServer
from reviewer.findings import Category, Claim, Confidence, Evidence, Ruling, Severity, Verification
from reviewer.github.api import GitHub
from reviewer.outcome import Making, Usage

BASE = {
    "shop/orders.py": """\
from shop import db, mail


def place(user, items):
    total = sum(item.price for item in items)
    with db.lock():
        order = db.insert("orders", user=user.id, total=total)
    mail.send(user.email, "Thank you", order)
    return order
""",
    "shop/stock.py": """\
LEFT = {}


def reserve(item, count):
    if LEFT[item] < count:
        raise ValueError(item)
    LEFT[item] -= count
""",
    "shop/report.py": "from shop import orders\n\n\ndef monthly(user, items):\n    return orders.place(user, items).total\n",
}
HEAD = {
    "shop/orders.py": """\
import json
import pickle

from shop import db, mail, stock


def place(user, items, coupon=None, extras=[]):
    total = sum(item.price for item in items)
    if coupon:
        rate = db.query(f"SELECT rate FROM coupons WHERE code = '{coupon}'")
        total = total - total * rate
    for item in items + extras:
        stock.reserve(item.id, item.count)
    order = db.insert("orders", user=user.id, total=total)
    try:
        mail.send(user.email, "Thank you", order)
    except Exception:
        pass
    return json.dumps(order)


def restore(blob):
    return pickle.loads(blob)
""",
}
FINDINGS: tuple[Claim, ...] = (
    says(
        "        rate = db.query(f\"SELECT rate FROM coupons WHERE code = '{coupon}'\")",
        "shop/orders.py",
        title="SQL injection through the coupon code",
        severity=Severity.CRITICAL,
        category=Category.SECURITY,
        explanation="`coupon` comes from the request and is put into the statement as it is. A code such as `' OR 1=1 --` gives every "
        "customer the first coupon, and `'; DROP TABLE` works wherever `db.query` allows several statements.",
        suggestion="Bind the value instead of formatting it.",
        replacement='        rate = db.query("SELECT rate FROM coupons WHERE code = ?", coupon)',
    ),
    says(
        "def place(user, items, coupon=None, extras=[]):",
        "shop/orders.py",
        title="`place` returns a string now, but its caller reads `.total`",
        severity=Severity.HIGH,
        category=Category.API_CONTRACT,
        explanation="`place` used to return the order and now returns JSON text. `shop/report.py` still calls "
        "`orders.place(user, items).total`, which raises `AttributeError: 'str' object has no attribute 'total'`.",
        suggestion="Return the order and let the caller that needs JSON encode it.",
    ),
    says(
        "    return pickle.loads(blob)",
        "shop/orders.py",
        title="`pickle.loads` runs code from the stored blob",
        severity=Severity.HIGH,
        category=Category.SECURITY,
        explanation="Whoever can write the stored blob runs code in this process: unpickling calls whatever the data names.",
        suggestion="Store orders as JSON:\n\n```python\ndef restore(blob):\n    return json.loads(blob)\n```",
        replacement="    return json.loads(blob)",
    ),
    says(
        '    order = db.insert("orders", user=user.id, total=total)',
        "shop/orders.py",
        title="The order is inserted without the lock it used to hold",
        severity=Severity.MEDIUM,
        category=Category.CONCURRENCY,
        explanation="The change removes `with db.lock():`. Two requests can now reserve the last item and both insert an order.",
        suggestion="Keep `with db.lock():` around the reservation and the insert.",
    ),
    says(
        "    except Exception:\n        pass",
        "shop/orders.py",
        title="A failed confirmation mail goes unnoticed",
        severity=Severity.LOW,
        category=Category.ERROR_HANDLING,
        confidence=Confidence.MEDIUM,
        explanation="Any failure of `mail.send` is dropped, a wrong address as well as a bug in it.",
        suggestion="Log the exception.",
    ),
    says(
        "    return orders.place(user, items).total",
        "shop/report.py",
        title="A monthly report places an order",
        severity=Severity.LOW,
        category=Category.CORRECTNESS,
        explanation="`monthly` calls `place`, which since this change also reserves stock: every report reserves the items again.",
        suggestion="Compute the total without placing an order.",
    ),
)
_CSS = """
body { font: 14px/1.5 -apple-system, "Segoe UI", "Noto Sans", Helvetica, Arial, "DejaVu Sans", sans-serif; color: #1f2328;
       width: 900px; margin: 16px auto; background: #fff }
.box { border: 1px solid #d1d9e0; border-radius: 6px; margin: 0 0 16px }
.who { background: #f6f8fa; border-bottom: 1px solid #d1d9e0; padding: 8px 16px; color: #59636e; border-radius: 6px 6px 0 0 }
.text { padding: 16px } .text > *:first-child { margin-top: 0 } .text > *:last-child { margin-bottom: 0 }
h2 { font-size: 21px; border-bottom: 1px solid #d1d9e0b3; padding-bottom: 6px } h3 { font-size: 17px }
p, ul, table, details, pre, blockquote { margin: 0 0 16px }
code { font: 12px/1.45 ui-monospace, "DejaVu Sans Mono", monospace; background: #818b981f; border-radius: 6px; padding: 2px 5px }
pre { background: #f6f8fa; border-radius: 6px; padding: 12px; overflow: auto } pre code { background: none; padding: 0 }
table { border-collapse: collapse } td, th { border: 1px solid #d1d9e0; padding: 6px 13px }
blockquote { border-left: 4px solid #0969da; padding: 0 16px; color: #59636e }
a { color: #0969da; text-decoration: none } sub { font-size: 11px; color: #59636e; vertical-align: baseline }
.suggestion { border: 1px solid #d1d9e0; border-radius: 6px; margin-bottom: 16px }
.suggestion .who { font-size: 12px; padding: 4px 12px } .suggestion pre { margin: 0; background: #dafbe1 }
"""


def main(page: Path, picture: Path | None) -> None:
    """Write the page, and take a picture of it."""
    with tempfile.TemporaryDirectory() as folder, GitHubServer() as github:
        with GitHub(github.token, github.url, graphql_url=f"{github.url}/graphql", sleep=lambda _: None) as client:
            replay = Replay(Path(folder) / "repository", github, client)
            replay.begin(BASE)
            replay.commit(HEAD)
            replay.look()
            replay.review = reviewed(replay)
            replay.publish()
        page.write_text(drawn(github.state.issue_comments, github.state.reviews, github.state.review_comments))
    if picture is not None:
        browser = shutil.which("chromium") or shutil.which("google-chrome")
        if browser is None:
            sys.exit("There is no chromium to take the picture with.")
        height = f"--window-size=960,{_height(page)}"
        command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", height]
        subprocess.run([*command, f"--screenshot={picture}", page.absolute().as_uri()], check=True, capture_output=True)


def reviewed(replay: Replay) -> Any:  # noqa: ANN401 - a Review
    """What a model would have found, verified."""
    made = replay.make_review(FINDINGS)
    first, *others = sorted(made.findings, key=lambda found: -found.severity)
    evidence = Evidence(path="shop/orders.py", start_line=7, end_line=7, quote="def place(user, items, coupon=None, extras=[]):")
    confirmed = Verification(
        ruling=Ruling.CONFIRMED,
        explanation="`coupon` is a parameter of `place` and reaches the query unchanged.",
        evidence=evidence,
    )
    usage = Usage(input_tokens=1_204, cache_read_input_tokens=41_820, output_tokens=3_310)
    making = Making(
        engine="claude",
        model="claude-opus-5-5",
        window="standard",
        effort="high",
        requests=2,
        usage=usage,
        cost_usd=0.31,
        version="0.1.0",
        run="20261201T031500Z-4f2a",
    )
    summary = "Adds coupons and stock reservation to `place`, and changes what it returns. The lock around the insert is gone."
    return replace(made, findings=(replace(first, verification=confirmed), *others), making=making, summary=summary, refuted=())


def drawn(conversation: list[dict[str, Any]], reviews: list[dict[str, Any]], inline: list[dict[str, Any]]) -> str:
    """The page: the conversation, then each review with its comments."""
    boxes = [_box("commented", _html(row["body"])) for row in conversation]
    for review in reviews:
        comments = [row for row in inline if row["pull_request_review_id"] == review["id"]]
        boxes.append(_box("reviewed", _html(review["body"])))
        boxes += [_box(f"commented on {row['path']}, line {row['line']} ({row['side']})", _html(row["body"])) for row in comments]
    return f"<!doctype html><meta charset=utf-8><title>A pull request</title><style>{_CSS}</style>{''.join(boxes)}"


def _box(did: str, text: str) -> str:
    return f"<div class=box><div class=who><b>github-actions</b> {html.escape(did)}</div><div class=text>{text}</div></div>"


def _html(markdown: str) -> str:
    """As GitHub's parser makes it; what its page adds (alerts, suggestions) is added here."""
    options = Options.CMARK_OPT_UNSAFE | Options.CMARK_OPT_FOOTNOTES
    made: str = cmarkgfm.github_flavored_markdown_to_html(markdown, options=options)
    made = re.sub(r"\[!(NOTE|WARNING)\]", lambda alert: f"<b>{alert[1].capitalize()}</b><br>", made)
    made = re.sub(
        r'(?s)<pre lang="suggestion">(.*?)</pre>',
        r"<div class=suggestion><div class=who>Suggested change</div><pre>\1</pre></div>",
        made,
    )
    return made.replace("<details>", "<details open>")


def _height(page: Path) -> int:
    return 400 + 24 * page.read_text().count("\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None)
