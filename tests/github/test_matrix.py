"""Odd pull requests and odd answers, a row each, and what holds for all of them.

Nothing is doubled, nothing is lost (it is told beside its lines, in a review's text or in the summary comment), nothing is called fixed whose
code is there, one refused comment never costs the review, and the exit code is true.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import httpx2
import pytest
from github_files import files_of
from github_page import Page
from github_replay import REVIEW, TEMPLATES, Files, Replay, says

from github_server import Clock, GitHubServer, Trouble, secondary_limit, too_quick
from reviewer.errors import PublishingError
from reviewer.findings import Anchor, Category, Claim, Finding, Origin, QuoteMatch, Ruling, Severity
from reviewer.github.api import GitHub
from reviewer.github.markers import STICKY, fingerprint_marker, review_marker, state_marker
from reviewer.github.publish import publish
from reviewer.questions import finding_key
from reviewer.reply.fingerprint import fingerprint
from reviewer.reply.merge import merge, unite
from reviewer.reply.statements import Verdict
from reviewer.reply.verifying import judge, one_defect

OLD = "".join(f"old_{number} = {number}\n" for number in range(1, 41))
BASE: Files = {"app.py": OLD, "lib.py": "def used():\n    return 1\n"}
NEW = "first_new = open(path)\nsecond_new = eval(text)\n"
WITH_NEW: Files = {"app.py": NEW + OLD}
FIRST, SECOND = says("first_new = open(path)"), says("second_new = eval(text)", severity=Severity.HIGH)
OUTSIDE = says("def used():", "lib.py")
Happens = Callable[[Replay], None]


def removed(quote: str, path: str, first: int, last: int | None = None, **more: object) -> Finding:
    """A finding on lines that the change removes, as it is placed: path and lines are those of the base."""
    claim = says(quote, path)
    fields = {name: getattr(claim, name) for name in Claim.__dataclass_fields__}
    plain = Finding(
        **fields
        | {
            "start_line": first,
            "end_line": last or first,
            "match": QuoteMatch.EXACT,
            "fingerprint": fingerprint(claim.category, path, quote),
            "anchor": Anchor(first, last or first, left=True),
            "origin": Origin.INTRODUCED,
            "removed": True,
        }
    )
    return replace(plain, **more)  # type: ignore[arg-type]  # the names are checked by replace itself


@dataclass(frozen=True, kw_only=True)
class Row:
    """A pull request, what was found in it, and what is told where."""

    name: str
    base: Files | None = None
    """Added to `BASE`."""
    head: Files | None = None
    before: Happens = lambda _: None
    """What files alone cannot say of the base."""
    made: Happens = lambda _: None
    """What files alone cannot say of the head."""
    happens: Happens = lambda _: None
    """What else is so at GitHub, or happens there while the review is posted."""
    claims: Sequence[Claim] = ()
    findings: Sequence[Finding] = ()
    """Placed already."""
    inline: Sequence[tuple[str, int, str]] = ()
    """Path, last line and side of each comment."""
    in_body: int = 0
    """Findings in the review's text."""
    in_summary: int = 0
    """Findings that only the summary comment tells."""
    note: str = ""
    """Some of what is said of the publishing."""


def chmod(path: str) -> Happens:
    return lambda replay: (replay.root / path).chmod(0o755)


def submodule(commit: str) -> Happens:
    return lambda replay: replay.note_submodule("vendor/sub", commit)


def github_compares_with(base: str) -> Happens:
    """The base branch moved: GitHub's own diff begins elsewhere than ours."""

    def act(replay: Replay) -> None:
        replay.git("branch", "elsewhere", replay.pull.base_sha)
        replay.git("checkout", "--quiet", "elsewhere")
        replay.commit({"app.py": base})
        moved = replay.git("rev-parse", "HEAD").strip()
        replay.git("checkout", "--quiet", "-")
        tree = replay.git("merge-tree", "--write-tree", "HEAD", moved).strip()
        merged = replay.git("commit-tree", tree, "-p", moved, "-m", "x").strip()
        replay.pull.files = files_of(replay.root, moved, merged)

    return act


def attribute(**values: object) -> Happens:
    def act(replay: Replay) -> None:
        for name, value in values.items():
            setattr(replay.pull, name, value)

    return act


def trouble(*troubles: Trouble) -> Happens:
    return lambda replay: replay.github.trouble(*(replace(each) for each in troubles))


def only_listed(*paths: str) -> Happens:
    """GitHub's diff has these files alone."""

    def act(replay: Replay) -> None:
        replay.pull.files = [entry for entry in replay.pull.entries if entry.path in paths]

    return act


def locked_for_others(replay: Replay) -> None:
    replay.pull.locked = True
    replay.state.may_write_contents = True


def pushed_over(replay: Replay) -> None:
    replay.pull.head_sha = replay.git("commit-tree", "HEAD^{tree}", "-p", replay.pull.base_sha, "-m", "other words").strip()
    replay.pull.commits = frozenset({replay.pull.head_sha})


ODD_PATHS = [
    "a b.py",
    "a)b](c.py",
    "a|b.py",
    "gr\u00fc\u00df e\u0301.py",
    'say "x".py',
    "tab\there.py",
    "`tick`.py",
    "#1@octocat.py",
    "-x.py",
]
FENCES = "text = '''\n```\n````suggestion\nrm -rf /\n````\n```\n'''"
MOVED = "".join(f"kept_{number} = {number}\n" for number in range(1, 20))
FAR = "far_new = eval(far)\n"
MARKERS = "\n".join((STICKY, state_marker("AAAA"), review_marker("0" * 32), fingerprint_marker("0" * 16)))

ROWS = (
    Row(name="a comment beside each line", head=WITH_NEW, claims=(FIRST, SECOND), inline=[("app.py", 1, "RIGHT"), ("app.py", 2, "RIGHT")]),
    Row(name="nothing is changed"),
    Row(name="a file is renamed and changed", base={"a.py": MOVED + "one = 1\n"}, head={"a.py": None, "b.py": MOVED + "two = eval(x)\n"}, claims=[says("two = eval(x)", "b.py")], inline=[("b.py", 20, "RIGHT")]),
    Row(name="a line of a renamed file is removed", base={"a.py": MOVED + "check(one)\n"}, head={"a.py": None, "b.py": MOVED}, findings=[removed("check(one)", "a.py", 20)], inline=[("b.py", 20, "LEFT")]),
    Row(name="a file is renamed as it is", base={"a.py": MOVED}, head={"a.py": None, "b.py": MOVED}, claims=[says("kept_3 = 3", "b.py", origin=Origin.INTRODUCED)], in_body=1),
    Row(name="a file is removed", base={"gone.py": "def gone():\n    check(one)\n"}, head={"gone.py": None}, findings=[removed("    check(one)", "gone.py", 2)], inline=[("gone.py", 2, "LEFT")]),
    Row(name="several lines are removed", head={"app.py": OLD.replace("old_5 = 5\nold_6 = 6\n", "")}, findings=[removed("old_5 = 5\nold_6 = 6", "app.py", 5, 6)], inline=[("app.py", 6, "LEFT")]),
    Row(name="a removed line is not in GitHub's diff", head={"app.py": OLD.replace("old_5 = 5\n", "")}, findings=[removed("old_5 = 5", "app.py", 5)], happens=attribute(files=[]), in_body=1, note="no comment at the lines of 1 finding"),
    Row(name="binary files", base={"logo.png": b"\0one"}, head={"logo.png": b"\0two", "new.png": b"\0", **WITH_NEW}, claims=[FIRST], inline=[("app.py", 1, "RIGHT")]),
    Row(name="only a file's mode", made=chmod("lib.py"), claims=[OUTSIDE], in_body=1),
    Row(name="a submodule moves", before=submodule("1" * 40), made=submodule("2" * 40), claims=[OUTSIDE], in_body=1),
    Row(name="400 files, and GitHub lacks one", head={f"many/f{number:03}.py": f"value = eval(x{number})\n" for number in range(400)}, claims=[says(f"value = eval(x{number})", f"many/f{number:03}.py") for number in (0, 150, 399)], happens=lambda replay: only_listed(*(entry.path for entry in replay.pull.entries if "150" not in entry.path))(replay), inline=[("many/f000.py", 1, "RIGHT"), ("many/f399.py", 1, "RIGHT")], in_body=1, note="no comment at the lines of 1 finding"),
    Row(name="a file too large for GitHub to show", head={"large.py": "x = 1\n" * 25_000 + "big = eval(x)\n", **WITH_NEW}, claims=[says("big = eval(x)", "large.py"), FIRST], inline=[("app.py", 1, "RIGHT")], in_body=1),
    Row(name="the base moved and has the same lines", head={"app.py": NEW + OLD + FAR}, claims=[FIRST, says(FAR.strip())], happens=github_compares_with(NEW + OLD), inline=[("app.py", 43, "RIGHT")], in_body=1, note="no comment at the lines of 1 finding"),
    Row(name="pushed over before the review is posted", head=WITH_NEW, claims=[FIRST, OUTSIDE], happens=pushed_over, in_summary=2, note="GitHub took no review of this commit"),
    Row(name="the head's repository is deleted", head=WITH_NEW, claims=[FIRST], happens=attribute(head_is_gone=True, head_repo="stranger/hello"), inline=[("app.py", 1, "RIGHT")]),
    Row(name="locked, for somebody who may push", head=WITH_NEW, claims=[FIRST], happens=locked_for_others, inline=[("app.py", 1, "RIGHT")]),
    Row(name="a secondary limit for a while", head=WITH_NEW, claims=[FIRST, SECOND], happens=trouble(secondary_limit("/reviews", 2)), inline=[("app.py", 1, "RIGHT"), ("app.py", 2, "RIGHT")]),
    Row(name="submitted too quickly", head=WITH_NEW, claims=[FIRST, SECOND], happens=trouble(too_quick("/reviews")), inline=[("app.py", 1, "RIGHT"), ("app.py", 2, "RIGHT")]),
    Row(name="a server that takes shorter texts only", head=WITH_NEW, claims=[replace(FIRST, explanation="word " * 9_000), replace(OUTSIDE, explanation="word " * 9_000), SECOND], happens=lambda replay: setattr(replay.state, "longest_body", 9_000), inline=[("app.py", 1, "RIGHT"), ("app.py", 2, "RIGHT")], in_body=1),
    Row(name="more outside the diff than a review has room for", head=WITH_NEW, claims=[replace(OUTSIDE, category=kind, title=f"Wrong: {kind}", explanation=f"{kind} " * 650) for kind in Category], in_body=8, in_summary=2),
    Row(name="odd names", head={path: f"value = eval({number})\n" for number, path in enumerate(ODD_PATHS)}, claims=[says(f"value = eval({number})", path) for number, path in enumerate(ODD_PATHS)], inline=[(path, 1, "RIGHT") for path in ODD_PATHS]),
    Row(name="a name of bytes that are no UTF-8", head={os.fsdecode(b"caf\xe9.py"): "value = eval(x)\n"}, claims=[says("value = eval(x)", os.fsdecode(b"caf\xe9.py"))], in_body=1),
    Row(name="a finding across two hunks", head={"app.py": NEW + OLD + FAR}, claims=[says(f"{NEW}{OLD}{FAR}".strip("\n"), title="Wrong: all of it", replacement="nothing = 0\n")], inline=[("app.py", 5, "RIGHT")]),
    Row(name="outside the diff", head=WITH_NEW, claims=[OUTSIDE, FIRST], inline=[("app.py", 1, "RIGHT")], in_body=1),
    Row(name="one comment of three is refused", head={**WITH_NEW, "more.py": "value = eval(x)\n"}, claims=[FIRST, says("value = eval(x)", "more.py"), SECOND], happens=only_listed("app.py"), inline=[("app.py", 1, "RIGHT"), ("app.py", 2, "RIGHT")], in_body=1, note="no comment at the lines of 1 finding"),
    Row(name="every comment is refused and nobody knows why", head=WITH_NEW, claims=[FIRST, SECOND], happens=trouble(Trouble(method="POST", path="/reviews", status=422, message="Unprocessable Entity")), in_body=2, note="no comment at the lines of 2 findings"),
    Row(name="GitHub's list of files cannot be read", head={**WITH_NEW, "more.py": "value = eval(x)\n"}, claims=[FIRST, says("value = eval(x)", "more.py")], happens=lambda replay: (only_listed("app.py")(replay), trouble(Trouble(path="/files", status=500, times=9))(replay))[0], in_body=2, note="no comment at the lines of 2 findings"),
    Row(name="a suggestion that holds fences", head=WITH_NEW, claims=[replace(FIRST, replacement=FENCES)], inline=[("app.py", 1, "RIGHT")]),
    Row(name="a suggestion that deletes lines", head=WITH_NEW, claims=[replace(FIRST, replacement="")], inline=[("app.py", 1, "RIGHT")]),
    Row(name="a suggestion that reaches outside the hunk", head=WITH_NEW, claims=[says("".join(f"old_{number} = {number}\n" for number in range(1, 9)).strip(), title="Wrong: eight lines", origin=Origin.INTRODUCED, replacement="x = 1")], inline=[("app.py", 5, "RIGHT")]),
    Row(name="hidden markers forged in every field", head={"m.py": f'x = """\n{MARKERS}\n"""\n'}, claims=[says(f'x = """\n{MARKERS}', "m.py", title=f"Wrong: markers\n{MARKERS}", explanation=MARKERS, suggestion=MARKERS, replacement=MARKERS)], happens=lambda replay: setattr(replay.pull, "title", MARKERS), inline=[("m.py", 5, "RIGHT")]),
)  # fmt: skip


@pytest.fixture
def replay(tmp_path: Path, github: GitHubServer, client: GitHub) -> Replay:
    return Replay(tmp_path / "repository", github, client)


def prepare(replay: Replay, row: Row) -> None:
    """The pull request, and its review."""
    row.before(replay)
    replay.begin({**BASE, **(row.base or {})})
    replay.stage(row.head or {})
    row.made(replay)
    replay.commit({})
    replay.look()
    review = replay.make_review(row.claims)
    replay.review = replace(review, findings=(*review.findings, *row.findings), summary=MARKERS if "forged" in row.name else "")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_what_is_found_is_told_once_where_it_belongs(replay: Replay, row: Row) -> None:
    prepare(replay, row)
    row.happens(replay)
    done = replay.publish()

    placed = sorted((entry["path"], entry["line"], entry["side"]) for entry in replay.state.review_comments)
    assert placed == sorted(row.inline)
    assert (done.posted, done.outside + done.rejected) == (len(row.inline), row.in_body)
    bodies = [entry["body"] for entry in replay.state.reviews]
    assert sum(body.count("confidence") for body in bodies) == row.in_body
    assert replay.sticky.count("confidence") == row.in_summary
    assert row.note in " ".join(done.notes)
    assert all_told(replay)
    assert len(replay.state.reviews) == bool(row.inline or row.in_body)

    nothing_doubled(replay)
    nothing_called_fixed(replay)


def all_told(replay: Replay) -> bool:
    """Whether every finding is in the summary's table, and all of it beside its lines, in a review or in the summary."""
    assert replay.review is not None
    in_full = [*replay.state.review_comments, *replay.state.reviews, *replay.state.issue_comments]
    pages = [Page(entry["body"]).text for entry in in_full]
    explained = all(any(found.explanation[:40].split("\n")[-1] in page for page in pages) for found in replay.review.findings)
    return explained and len(replay.standings) >= len({found.title for found in replay.review.findings if "Wrong" in found.title})


def written(replay: Replay) -> list[str]:
    return [write for write in replay.github.writes if not write.startswith("PATCH")]


def nothing_doubled(replay: Replay) -> None:
    """Posting the same review again adds nothing; nor does a newer one that finds the same."""
    counts = len(replay.state.review_comments), len(replay.state.reviews), len(replay.state.issue_comments)
    done = replay.publish()
    assert (done.posted, done.outside, done.rejected) == (0, 0, 0)
    assert counts == (len(replay.state.review_comments), len(replay.state.reviews), len(replay.state.issue_comments))


def nothing_called_fixed(replay: Replay) -> None:
    """A review of the same code that finds nothing has not seen it again, and that is all."""
    found = replay.review.findings if replay.review else ()
    replay.review = replace(replay.make_review([]), commit=replay.review.commit if replay.review else None)
    done = replay.publish()
    assert (done.fixed, done.not_seen) == (0, len({finding.fingerprint for finding in found}))
    assert replay.state.minimized == {}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("locked", "The conversation is locked."),
        ("limit", "GitHub wants no more requests"),
        ("right", "pull-requests: write"),
    ],
)
def test_what_cannot_be_posted_is_an_exit_code_of_its_own_and_is_made_up_for_by_the_next_run(
    replay: Replay, row: str, said: str
) -> None:
    prepare(replay, Row(name=row, head=WITH_NEW, claims=[FIRST, SECOND]))
    replay.pull.locked = row == "locked"
    replay.state.may_write = row != "right"
    if row == "limit":
        replay.github.trouble(secondary_limit("/reviews", 9))
    with pytest.raises(PublishingError) as caught:
        replay.publish()

    assert caught.value.exit_code == 5
    assert said in f"{caught.value.message} {caught.value.hint}"
    assert "Nothing was posted." in caught.value.message
    assert (replay.state.reviews, replay.state.issue_comments) == ([], [])
    if row == "locked":
        assert written(replay) == ["POST /repos/octo-org/hello/pulls/7/reviews"]
    replay.pull.locked, replay.state.may_write = False, True
    replay.github.forget_troubles()
    with other_client(replay) as patient:
        assert replay.review is not None
        assert publish(patient, replay.request(), replay.review, REVIEW, TEMPLATES, replay.texts).posted == 2


def test_a_conversation_that_is_locked_between_review_and_summary_names_what_is_posted(replay: Replay) -> None:
    prepare(replay, Row(name="", head=WITH_NEW, claims=[FIRST]))
    replay.state.on_call = lambda method, path: setattr(replay.pull, "locked", method == "POST" and "/issues/" in path)
    with pytest.raises(PublishingError) as caught:
        replay.publish()

    assert f"Already posted: the review at {replay.state.reviews[0]['html_url']}." in caught.value.message
    assert "The conversation is locked." in caught.value.hint


def test_what_a_push_made_impossible_to_post_is_posted_on_the_next_head(replay: Replay) -> None:
    prepare(replay, Row(name="", head=WITH_NEW, claims=[FIRST, SECOND]))
    pushed_over(replay)
    replay.publish()
    replay.pull.commits = None
    done = replay.push({"x.py": "x = 1\n"}, FIRST, SECOND)

    assert (done.posted, replay.inline) == (2, [("app.py", 1), ("app.py", 2)])
    assert "without an inline comment" not in replay.sticky


def test_what_people_did_with_our_comments_stays_as_they_left_it(replay: Replay) -> None:
    """One is deleted, one is resolved, one is answered; then all are found again, and then one of them is fixed."""
    third = says("third_new = exec(text)")
    prepare(replay, Row(name="", head={"app.py": NEW + "third_new = exec(text)\n" + OLD}, claims=[FIRST, SECOND, third]))
    replay.publish()
    deleted, resolved, answered = replay.state.review_comments
    replay.state.delete(replay.state.review_comments, deleted["id"])
    replay.state.resolved.add(f"PRRT_{resolved['id']}")
    reply = replay.state.add_reply(answered, "No, this is meant.")
    done = replay.push({"x.py": "x = 1\n"}, FIRST, SECOND, third)

    assert (done.posted, done.repeated_suppressed, done.fixed) == (0, 3, 0)
    assert replay.state.review_comments == [resolved, answered, reply]
    assert replay.state.resolved == {f"PRRT_{resolved['id']}"}

    replay.state.may_write_contents = True
    options = replace(REVIEW, resolve_fixed=True)
    later = replay.push({"app.py": NEW + OLD}, FIRST, SECOND, options=options)

    assert later.fixed == 1
    assert replay.state.resolved == {f"PRRT_{resolved['id']}"}, "the thread in which somebody answered is theirs to resolve"
    assert reply["node_id"] not in replay.state.minimized


def test_what_was_fixed_and_comes_back_can_be_read_though_its_comment_is_folded(replay: Replay) -> None:
    prepare(replay, Row(name="", head=WITH_NEW, claims=[FIRST]))
    replay.publish()
    replay.push({"app.py": OLD + "x = 1\n"})
    replay.push(WITH_NEW, replace(FIRST, explanation="It came back."))

    assert len(replay.inline) == 1
    assert "It came back." in replay.sticky


def test_a_finding_on_removed_lines_is_fixed_when_they_are_back_and_not_before(replay: Replay) -> None:
    gone = {"app.py": OLD.replace("old_5 = 5\nold_6 = 6\n", "")}
    prepare(replay, Row(name="", head=gone, findings=[removed("old_5 = 5\nold_6 = 6", "app.py", 5, 6)]))
    replay.publish()
    assert f"/blob/{replay.pull.base_sha}/app.py#L5-L6" in replay.sticky
    half = replay.push({"app.py": OLD.replace("old_5 = 5\n", "")})
    back = replay.push({"app.py": OLD})

    assert (half.fixed, half.not_seen, back.fixed) == (0, 1, 1)


def test_a_removed_line_that_stands_elsewhere_too_is_never_called_fixed(replay: Replay) -> None:
    base = {"app.py": f"check(one)\n{OLD}check(one)\n"}
    prepare(
        replay, Row(name="", base=base, head={"app.py": f"check(one)\n{OLD}"}, findings=[removed("check(one)", "app.py", 42)])
    )
    replay.publish()
    done = replay.push({"app.py": OLD})

    assert (done.fixed, done.not_seen) == (0, 1)


def other_client(replay: Replay) -> GitHub:
    clock = Clock()
    wire = httpx2.HTTPTransport(verify=False)
    url = replay.github.url
    return GitHub(replay.github.token, url, graphql_url=f"{url}/graphql", now=clock, sleep=clock.sleep, transport=wire)


def nobody(_method: str, _path: str) -> None:
    """Nothing else happens."""


def beside(replay: Replay, claims: Sequence[Claim], *, at: str, then: Callable[[str, str], None] = nobody) -> None:
    """Another run posts in the moment when ours sends its request `at`; `then` is what happens at each call after that."""

    def run(method: str, path: str) -> None:
        if f"{method} {path}".endswith(at):
            replay.state.on_call = nobody
            with other_client(replay) as client:
                publish(client, replay.request(), replay.make_review(claims), REVIEW, TEMPLATES, replay.texts)
            replay.state.on_call = then

    replay.state.on_call = run


@pytest.mark.parametrize("at", ["POST /repos/octo-org/hello/pulls/7/reviews", "POST /repos/octo-org/hello/issues/7/comments"])
@pytest.mark.parametrize(
    "others", [(FIRST, SECOND, OUTSIDE), (SECOND, OUTSIDE), (SECOND, says("old_1 = 1", origin=Origin.INTRODUCED))]
)
def test_two_runs_at_once_post_each_finding_once(replay: Replay, at: str, others: Sequence[Claim]) -> None:
    prepare(replay, Row(name="", head=WITH_NEW, claims=[FIRST, SECOND, OUTSIDE]))
    beside(replay, others, at=at)
    replay.publish()

    every = {claim.title for claim in (FIRST, SECOND, OUTSIDE, *others)}
    bodies = [entry["body"] for entry in (*replay.state.review_comments, *replay.state.reviews)]
    assert {
        title: sum(f": {title}**" in Page(body).html or title in body for body in bodies) for title in every
    } == dict.fromkeys(every, 1)
    assert len([entry for entry in replay.state.issue_comments if STICKY in entry["body"]]) == 1
    assert replay.standings.keys() == every
    nothing_doubled(replay)


def test_a_doubled_comment_that_somebody_answered_is_left(replay: Replay) -> None:
    prepare(replay, Row(name="", head=WITH_NEW, claims=[FIRST]))

    def answer(_method: str, _path: str) -> None:
        if len(replay.state.review_comments) == 2:
            replay.state.add_reply(replay.state.review_comments[1], "I see it.")

    beside(replay, [FIRST], at="POST /repos/octo-org/hello/pulls/7/reviews", then=answer)
    replay.publish()

    assert [entry.get("in_reply_to_id") is None for entry in replay.state.review_comments] == [True, True, False]


def test_a_doubled_comment_that_cannot_be_removed_costs_a_note(replay: Replay) -> None:
    prepare(replay, Row(name="", head=WITH_NEW, claims=[FIRST]))
    beside(replay, [FIRST], at="POST /repos/octo-org/hello/pulls/7/reviews")
    replay.github.trouble(Trouble(method="DELETE", status=403, message="Resource not accessible by integration"))
    done = replay.publish()

    assert "could not be removed" in " ".join(done.notes)
    assert replay.standings == {FIRST.title: "new"}


def test_a_thousand_findings_on_one_line(replay: Replay) -> None:
    kinds = list(Category)
    many = [
        replace(
            SECOND,
            category=kinds[number % len(kinds)],
            title=f"Wrong: word{number} is unlike word{number * 7}",
            explanation=f"thing{number}",
        )
        for number in range(1_000)
    ]
    prepare(replay, Row(name="", head=WITH_NEW))
    review = replay.make_review(many)
    replay.review = replace(review, findings=merge(review.findings))
    found = len({finding.fingerprint for finding in replay.review.findings})
    done = replay.publish()

    assert done.posted == 10
    assert f"**{found:,} findings:**" in replay.sticky
    listed = len(replay.standings)
    assert f"{found - listed:,} more findings are not listed here" in replay.sticky
    assert "more findings do not fit into this comment" in replay.sticky
    assert Page(replay.sticky).html.count("<details>") == Page(replay.sticky).html.count("</details>")
    nothing_doubled(replay)


def unrelated(_one: str, _other: str) -> bool:
    """No file has to do with another."""
    return False


def verdict(finding: Finding, ruling: Ruling = Ruling.CONFIRMED, same_as: Finding | None = None, quote: str = "") -> Verdict:
    return Verdict(
        finding=finding_key(finding),
        path="app.py",
        quote=quote,
        start_line=0,
        end_line=0,
        ruling=ruling,
        explanation="So.",
        same_as=finding_key(same_as) if same_as else "",
    )


def test_a_cycle_of_verdicts_that_say_the_same_makes_one_comment(replay: Replay) -> None:
    words = ["Anybody runs code here", "Input reaches the interpreter", "A string is executed"]
    prepare(
        replay,
        Row(name="", head=WITH_NEW, claims=[replace(SECOND, title=f"Wrong: {title}", explanation=title) for title in words]),
    )
    assert replay.review is not None
    found = merge(replay.review.findings)
    assert len(found) == 3
    verdicts = [verdict(one, same_as=found[(number + 1) % 3]) for number, one in enumerate(found)]
    verdicts.append(verdict(found[0], same_as=found[0]))
    replay.review = replace(
        replay.review, findings=unite(judge(found, verdicts, replay.texts.get, unrelated)[0], one_defect(verdicts))
    )
    done = replay.publish()

    assert (done.posted, replay.inline) == (1, [("app.py", 2)])
    nothing_doubled(replay)


def test_two_verdicts_on_one_finding_that_contradict_each_other_leave_it_told_once_and_unconfirmed(replay: Replay) -> None:
    prepare(replay, Row(name="", head=WITH_NEW, claims=[SECOND]))
    assert replay.review is not None
    (found,) = replay.review.findings
    quote = "first_new = open(path)"
    verdicts = [verdict(found, quote=quote), verdict(found, Ruling.REFUTED, quote=quote)]
    standing, refuted = judge([found], verdicts, replay.texts.get, unrelated)
    replay.review = replace(replay.review, findings=standing, refuted=refuted)
    replay.publish()

    assert refuted == ()
    assert replay.inline == [("app.py", 2)]
    assert "**Unconfirmed:**" in replay.state.review_comments[0]["body"]


SHAPES = {
    "a suggestion that holds fences": [FENCES],
    "a suggestion that deletes lines": [""],
    "a suggestion that reaches outside the hunk": [],
    "a finding across two hunks": [],
}


@pytest.mark.parametrize("name", SHAPES)
def test_only_what_can_be_applied_as_it_was_checked_is_offered(replay: Replay, name: str) -> None:
    prepare(replay, next(row for row in ROWS if row.name == name))
    replay.publish()
    page = Page(replay.state.review_comments[0]["body"])

    offered = [attributes for tag, attributes in page.elements if attributes.get("lang") == "suggestion"]
    assert len(offered) == len(SHAPES[name])
    assert all(lines in page.text for lines in SHAPES[name])


def test_a_removed_line_offers_nothing_to_apply(replay: Replay) -> None:
    found = removed("old_5 = 5", "app.py", 5, replacement="old_5 = 6")
    prepare(replay, Row(name="", head={"app.py": OLD.replace("old_5 = 5\n", "")}, findings=[found]))
    replay.publish()

    assert "```suggestion" not in replay.state.review_comments[0]["body"]
