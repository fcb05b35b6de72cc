from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from github_page import Page
from github_replay import REVIEW, SERVER, TEMPLATES, Replay, says
from report_samples import HOSTILE

from github_server import GitHubServer, Trouble
from reviewer.collect.secrets import mask
from reviewer.errors import PublishingError
from reviewer.findings import Anchor, Category, Claim, Location, Severity
from reviewer.github import hiding
from reviewer.github.api import GitHub
from reviewer.github.mode import Mode
from reviewer.github.publish import Published, publish
from reviewer.outcome import SkippedFile, SkipReason

BASE = {"app.py": "".join(f"old_{number} = {number}\n" for number in range(1, 41)), "lib.py": "def used():\n    return 1\n"}
NEW = "first_new = open(path)\nsecond_new = eval(text)\n"
WITH_NEW = {"app.py": NEW + BASE["app.py"]}
OURS = {
    "h2",
    "h3",
    "p",
    "strong",
    "em",
    "code",
    "pre",
    "ul",
    "li",
    "a",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "blockquote",
    "br",
    "span",
}
OURS |= {"sub", "details", "summary", "a comment"}
FIRST, SECOND = says("first_new = open(path)"), says("second_new = eval(text)", severity=Severity.HIGH)


@pytest.fixture
def replay(tmp_path: Path, github: GitHubServer, client: GitHub) -> Iterator[Replay]:
    made = Replay(tmp_path / "repository", github, client)
    made.begin(BASE)
    yield made
    assert {row["state"] for row in made.state.reviews} <= {"COMMENTED"}


def test_a_review_and_a_summary_are_posted(replay: Replay) -> None:
    done = replay.push(WITH_NEW, FIRST, SECOND)

    assert replay.inline == [("app.py", 1), ("app.py", 2)]
    assert len(replay.state.reviews) == 1
    assert replay.state.reviews[0]["commit_id"] == replay.pull.head_sha
    assert set(replay.standings.values()) == {"new"}
    assert done == Published(url=replay.state.issue_comments[0]["html_url"], posted=2)


def test_the_same_review_twice_changes_nothing(replay: Replay) -> None:
    replay.push(WITH_NEW, FIRST, SECOND, says("def used():", "lib.py"))
    before = list(replay.github.writes)
    done = replay.publish()

    assert replay.github.writes == before
    assert (done.posted, done.outside, done.repeated_suppressed) == (0, 0, 3)


def test_a_second_push_says_only_what_is_new_even_when_the_lines_moved(replay: Replay) -> None:
    replay.push(WITH_NEW, FIRST)
    done = replay.push({"app.py": "import os\nimport sys\n" + WITH_NEW["app.py"]}, FIRST, SECOND)

    assert replay.inline == [("app.py", 1), ("app.py", 4)]
    assert (done.posted, done.repeated_suppressed) == (1, 1)
    assert replay.standings == {r"Wrong: first_new = open(path)": "still there", r"Wrong: second_new = eval(text)": "new"}


def test_a_finding_is_fixed_when_its_code_is_gone_and_only_then(replay: Replay) -> None:
    replay.push(WITH_NEW, FIRST, SECOND)
    done = replay.push({"app.py": "first_new = open(path)\nsecond_new = literal_eval(text)\n" + BASE["app.py"]})

    assert (done.fixed, done.not_seen) == (1, 1)
    assert replay.standings == {"Wrong: first_new = open(path)": "not reproduced", "Wrong: second_new = eval(text)": "fixed"}
    assert replay.hidden == {"app.py:2": "OUTDATED"}
    assert replay.state.resolved == set()


def test_code_that_was_only_indented_anew_is_not_fixed(replay: Replay) -> None:
    replay.push(WITH_NEW, FIRST)
    done = replay.push({"app.py": "if path:\n    first_new = open(\n        path)\n" + BASE["app.py"]})

    assert (done.fixed, done.not_seen) == (0, 1)


def test_lines_that_were_put_between_the_quoted_ones_mend_nothing(replay: Replay) -> None:
    replay.push(WITH_NEW, says("first_new = open(path)\nsecond_new = eval(text)"))
    done = replay.push({"app.py": "first_new = open(path)\n# why?\nsecond_new = eval(text)\n" + BASE["app.py"]})

    assert (done.fixed, done.not_seen) == (0, 1)


def test_a_finding_seen_again_after_a_push_that_missed_it_is_no_new_one(replay: Replay) -> None:
    replay.push(WITH_NEW, FIRST)
    replay.push({"x.py": "x = 1\n"})
    done = replay.push({"x.py": "x = 2\n"}, FIRST)

    assert (done.posted, done.repeated_suppressed, len(replay.inline)) == (0, 1, 1)
    assert replay.standings == {"Wrong: first_new = open(path)": "still there"}


def test_what_was_fixed_and_comes_back_is_not_posted_again(replay: Replay) -> None:
    replay.push(WITH_NEW, FIRST)
    replay.push({"app.py": BASE["app.py"] + "x = 1\n"})
    replay.push(WITH_NEW, FIRST)

    assert len(replay.inline) == 1
    assert replay.standings == {"Wrong: first_new = open(path)": "still there"}


def test_a_comment_is_folded_once_so_that_who_unfolds_it_has_the_last_word(replay: Replay) -> None:
    replay.push(WITH_NEW, FIRST)
    replay.push({"app.py": BASE["app.py"] + "x = 1\n"})
    replay.state.minimized.clear()
    replay.push({"app.py": BASE["app.py"] + "x = 2\n"})

    assert replay.hidden == {}
    assert replay.standings == {"Wrong: first_new = open(path)": "fixed"}


def test_a_comment_that_a_person_deleted_is_not_posted_again(replay: Replay) -> None:
    replay.push(WITH_NEW, FIRST)
    replay.state.review_comments.clear()
    done = replay.push({"x.py": "x = 1\n"}, FIRST)

    assert (done.posted, replay.inline) == (0, [])


def test_one_comment_speaks_of_two_findings_with_one_fingerprint(replay: Replay) -> None:
    twice = {"app.py": "risky(eval)\n" + BASE["app.py"] + "risky(eval)\n"}
    done = replay.push(twice, says("risky(eval)", start_line=1), says("risky(eval)", start_line=42))
    replay.push({"x.py": ""}, says("risky(eval)", start_line=42), says("risky(eval)", start_line=1))

    assert (done.posted, replay.inline) == (1, [("app.py", 1)])
    assert "app.py#L42" in replay.state.review_comments[0]["body"]


def test_one_of_two_copies_mended_is_not_fixed(replay: Replay) -> None:
    replay.push({"app.py": "risky(eval)\n" + BASE["app.py"] + "risky(eval)\n"}, says("risky(eval)", start_line=1))
    done = replay.push({"app.py": BASE["app.py"] + "risky(eval)\n"})

    assert (done.fixed, done.not_seen) == (0, 1)


def test_a_renamed_file_takes_its_findings_along(replay: Replay) -> None:
    replay.push({"new.py": "first_new = open(path)\n" * 1 + "other = 1\n"}, says("first_new = open(path)", "new.py"))
    done = replay.push(
        {"new.py": None, "better.py": "first_new = open(path)\nother = 1\n"}, says("first_new = open(path)", "better.py")
    )
    again = replay.push(
        {"better.py": None, "best.py": "first_new = open(path)\nother = 1\n"}, says("first_new = open(path)", "best.py")
    )

    assert (done.posted, done.repeated_suppressed, done.fixed) == (0, 1, 0)
    assert (again.posted, again.repeated_suppressed, again.fixed) == (0, 1, 0)
    assert "discussion_r" in replay.sticky


@pytest.mark.parametrize(
    "otherwise",
    [
        says("first_new = open(path)\nsecond_new = eval(text)"),
        says("first_new = open("),
        says("first_new = open(path)\nsecond_new = eval(text)", category=Category.SECURITY),
        says("first_new = open(path)", category=Category.SECURITY, title="In other words"),
    ],
)
def test_a_finder_who_quotes_a_little_more_or_less_the_next_time_repeats_itself(replay: Replay, otherwise: Claim) -> None:
    replay.push(WITH_NEW, FIRST)
    done = replay.push({"x.py": ""}, replace(otherwise, explanation="Another reason."))
    replay.push({"x.py": "x = 1\n"}, FIRST)

    assert (done.posted, done.repeated_suppressed, done.fixed) == (0, 1, 0)
    assert len(replay.inline) == 1
    assert set(replay.standings.values()) == {"still there"}


def test_one_line_of_many_quoted_before_may_hold_another_mistake(replay: Replay) -> None:
    lines = "".join(f"number_{number} = compute({number})\n" for number in range(8))
    replay.push({"new.py": lines}, says(lines, "new.py"))
    done = replay.push({"x.py": ""}, says("number_3 = compute(3)", "new.py", category=Category.SECURITY))

    assert (done.posted, done.not_seen) == (1, 1)


def test_what_a_finder_says_otherwise_of_the_same_code_can_be_read_in_the_summary(replay: Replay) -> None:
    replay.push(WITH_NEW, FIRST)
    replay.push({"x.py": ""}, replace(FIRST, category=Category.SECURITY, explanation="Another reason."))

    assert "Another reason." in replay.sticky


def test_two_findings_about_the_same_code_in_one_review_are_two(replay: Replay) -> None:
    done = replay.push(WITH_NEW, FIRST, replace(FIRST, category=Category.SECURITY))

    assert done.posted == 2


INJECTED = says(
    "second_new = eval(text)",
    category=Category.SECURITY,
    title="`eval` runs whatever code the text holds",
    explanation="Whoever sends the text runs code of their own here.",
)
CACHED = says(
    "second_new = eval(text)",
    category=Category.SECURITY,
    title="Wrong users see the cached result",
    explanation="One user sees what another has asked for.",
)


@pytest.mark.parametrize(("known", "other"), [(INJECTED, CACHED), (CACHED, INJECTED)])
def test_of_two_mistakes_of_one_quote_the_one_that_was_told_is_told_no_more_and_the_other_is(
    replay: Replay, known: Claim, other: Claim
) -> None:
    replay.push_merged(WITH_NEW, known)
    done = replay.push_merged({"x.py": ""}, known, other)
    again = replay.push_merged({"x.py": "x = 1\n"}, other)
    last = replay.push_merged({"x.py": "x = 2\n"}, other, known)

    assert (done.posted, done.repeated_suppressed) == (1, 1)
    assert (again.posted, again.repeated_suppressed, again.not_seen) == (0, 1, 1)
    assert (last.posted, last.repeated_suppressed) == (0, 2)
    bodies = [row["body"] for row in replay.state.review_comments]
    assert [known.explanation in bodies[0], other.explanation in bodies[1], len(bodies)] == [True, True, 2]


def test_a_mistake_of_a_quote_that_was_told_under_another_mistakes_code_is_no_second_one(replay: Replay) -> None:
    replay.push_merged(WITH_NEW, INJECTED, CACHED)
    reworded = replace(CACHED, title="Wrong users are shown the cached result")
    done = replay.push_merged({"x.py": ""}, reworded)

    assert (done.posted, done.repeated_suppressed, done.not_seen) == (0, 1, 1)
    assert replay.standings["Wrong users are shown the cached result"] == "still there"


def test_code_in_a_renamed_file_is_not_fixed_though_its_file_is_gone(replay: Replay) -> None:
    replay.push({"new.py": "first_new = open(path)\n"}, says("first_new = open(path)", "new.py"))
    done = replay.push({"new.py": None, "better.py": "first_new = open(path)\n"})

    assert (done.fixed, done.not_seen) == (0, 1)


def test_findings_in_a_deleted_file_are_fixed(replay: Replay) -> None:
    replay.push({"new.py": "first_new = open(path)\n"}, says("first_new = open(path)", "new.py"))

    assert replay.push({"new.py": None}).fixed == 1


def test_nothing_is_said_of_a_file_that_was_not_read(replay: Replay) -> None:
    replay.push(WITH_NEW, FIRST)
    replay.commit({"app.py": BASE["app.py"] + "x = 1\n"})
    replay.look()
    unread = replay.texts.pop("app.py")
    review = replay.make_review([], skipped=(SkippedFile("app.py", SkipReason.NO_ROOM),))
    replay.review = replace(review, coverage=replace(review.coverage, read=tuple(replay.texts)))
    done = replay.publish()

    assert unread
    assert (done.fixed, done.not_seen) == (0, 1)


def test_a_secret_that_is_still_there_is_not_fixed_because_its_quote_was_masked(replay: Replay) -> None:
    secret = "ghp_" + "16C7e42F292c6912E7710c838347Ae178B4a"
    replay.commit({"app.py": f'token = "{secret}"\n' + BASE["app.py"]})
    replay.look()
    review = replay.make_review([says(f'token = "{secret}"')])
    masked = tuple(replace(found, quote=mask(found.quote), title="x") for found in review.findings)
    replay.review = replace(review, findings=masked)
    replay.publish()
    done = replay.push({"x.py": ""})

    assert masked[0].quote != f'token = "{secret}"'
    assert (done.fixed, done.not_seen) == (0, 1)


def test_findings_outside_the_diff_stand_in_the_reviews_text_once(replay: Replay) -> None:
    done = replay.push(WITH_NEW, FIRST, says("def used():", "lib.py"))
    later = replay.push({"x.py": ""}, FIRST, says("def used():", "lib.py"))

    assert (done.posted, done.outside, later.outside, len(replay.state.reviews)) == (1, 1, 0, 1)
    assert "### Outside the diff" in replay.state.reviews[0]["body"]
    assert f"{SERVER}/octo-org/hello/blob/{replay.state.reviews[0]['commit_id']}/lib.py#L1" in replay.state.reviews[0]["body"]


def test_more_findings_than_comments_are_wanted_stand_in_the_summary_and_stay_there(replay: Replay) -> None:
    options = replace(REVIEW, max_comments=1)
    replay.push(WITH_NEW, SECOND, FIRST, options=options)
    done = replay.push({"x.py": ""}, SECOND, FIRST, options=options)

    assert replay.inline == [("app.py", 2)]
    assert (done.posted, done.repeated_suppressed) == (0, 2)
    assert "1 finding without an inline comment" in replay.sticky


def test_no_more_than_thirty_comments_go_into_one_request(replay: Replay) -> None:
    lines = [f"number_{number} = eval(x)" for number in range(64)]
    done = replay.push(
        {"new.py": "\n".join(lines)}, *(says(line, "new.py") for line in lines), options=replace(REVIEW, max_comments=99)
    )
    replay.publish(replace(REVIEW, max_comments=99))

    assert done.posted == 64
    assert [
        len(request.body["comments"]) for request in replay.github.requests if request.path.endswith("/reviews") and request.body
    ] == [30, 30, 4]


def test_a_clean_review_is_a_summary_that_says_it_is_no_approval(replay: Replay) -> None:
    done = replay.push(WITH_NEW)

    assert replay.github.writes == ["POST /repos/octo-org/hello/issues/7/comments"]
    assert "not an approval" in replay.sticky
    assert done == Published(url=replay.state.issue_comments[0]["html_url"])


def test_publish_comment_is_the_summary_alone(replay: Replay) -> None:
    options = replace(REVIEW, mode=Mode.COMMENT)
    replay.push(WITH_NEW, FIRST, options=options)
    replay.push({"x.py": ""}, FIRST, SECOND, options=options)

    assert replay.state.reviews == []
    assert replay.standings == {"Wrong: first_new = open(path)": "still there", "Wrong: second_new = eval(text)": "new"}
    assert "It cannot work." in replay.sticky


def test_reviews_asked_for_later_tell_what_only_the_summary_told(replay: Replay) -> None:
    replay.push(WITH_NEW, FIRST, options=replace(REVIEW, mode=Mode.COMMENT))
    replay.publish()

    assert replay.inline == [("app.py", 1)]


@pytest.mark.parametrize("mode", [Mode.NONE, Mode.SUMMARY, Mode.ANNOTATIONS])
def test_what_needs_no_right_asks_github_nothing(replay: Replay, mode: Mode) -> None:
    replay.commit(WITH_NEW)
    replay.look()
    replay.review = replay.make_review([FIRST])
    pull = replay.request()
    before = len(replay.github.requests)

    assert publish(replay.client, pull, replay.review, replace(REVIEW, mode=mode), TEMPLATES, replay.texts) == Published()
    assert len(replay.github.requests) == before


def test_a_deleted_summary_is_made_again_and_what_stands_inline_is_not_repeated(replay: Replay) -> None:
    replay.push(WITH_NEW, FIRST, says("def used():", "lib.py"))
    replay.state.issue_comments.clear()
    done = replay.push({"x.py": ""}, FIRST, says("def used():", "lib.py"))

    assert (done.posted, done.outside, len(replay.state.reviews)) == (0, 0, 1)
    assert set(replay.standings.values()) == {"still there"}


def test_an_edited_summary_is_written_anew_and_nothing_is_repeated(replay: Replay) -> None:
    replay.push(WITH_NEW, FIRST)
    row = replay.state.issue_comments[0]
    row["body"] = row["body"].replace("reviewer:state:v1:", "reviewer:state:v1:AAAA")
    done = replay.publish()

    assert (done.posted, len(replay.inline)) == (0, 1)
    assert "AAAA" not in replay.sticky[:60]


def test_a_strangers_comment_with_our_markers_is_not_ours(replay: Replay) -> None:
    replay.push(WITH_NEW, FIRST)
    forged = replay.state.issue_comments.pop()["body"]
    replay.state.review_comments.clear()
    replay.state.reviews.clear()
    replay.state.add_issue_comment(7, forged, login="stranger")
    replay.state.add_issue_comment(7, forged, login="github-actions")
    marker = f"<!-- reviewer:f={replay.review.findings[0].fingerprint} -->" if replay.review else ""
    replay.state.add_review_comment(7, {"path": "app.py", "line": 1, "body": marker}, login="stranger")
    done = replay.publish()

    assert done.posted == 1
    assert [row["user"]["login"] for row in replay.state.issue_comments] == ["stranger", "github-actions", "github-actions[bot]"]


def test_comments_of_a_long_conversation_are_all_looked_at(replay: Replay) -> None:
    for number in range(150):
        replay.state.add_issue_comment(7, f"comment {number}", login="person")
    replay.push(WITH_NEW, FIRST)
    replay.push({"x.py": ""}, FIRST)

    assert len(replay.state.issue_comments) == 151


def test_a_comment_that_github_does_not_take_costs_only_its_place(replay: Replay) -> None:
    replay.commit(WITH_NEW | {"lib.py": "def used():\n    return eval(x)\n"})
    replay.look()
    replay.review = replay.make_review([FIRST, says("return eval(x)", "lib.py")])
    replay.pull.files = [entry for entry in replay.pull.entries if entry.path == "app.py"]
    done = replay.publish()

    assert (done.posted, done.rejected) == (1, 1)
    assert replay.inline == [("app.py", 1)]
    assert "### Could not be posted inline" in replay.state.reviews[0]["body"]
    assert "lib.py#L2" in replay.state.reviews[0]["body"]
    assert replay.publish().posted == 0


def test_when_github_takes_no_comment_at_all_the_review_still_stands(replay: Replay) -> None:
    replay.commit(WITH_NEW)
    replay.look()
    replay.review = replay.make_review([FIRST, SECOND])
    replay.pull.files = []
    done = replay.publish()

    assert (done.posted, done.rejected) == (0, 2)
    assert "It cannot work." in replay.state.reviews[0]["body"]


def test_when_github_takes_no_review_the_summary_has_it_all(replay: Replay) -> None:
    replay.github.trouble(
        Trouble(method="POST", path="/reviews", status=422, message="commit_id is not part of the pull request", times=9)
    )
    done = replay.push(WITH_NEW, FIRST, says("def used():", "lib.py"))

    assert (done.posted, replay.state.reviews) == (0, [])
    assert done.notes == ("GitHub took no review of this commit; what one would have said is in this comment.",)
    assert "2 findings without an inline comment" in replay.sticky
    assert "It cannot work." in replay.sticky


@pytest.mark.parametrize("carried_out", [True, False])
def test_a_review_whose_answer_was_lost_is_posted_once(replay: Replay, carried_out: bool) -> None:
    replay.github.trouble(Trouble(method="POST", path="/reviews", cut="after" if carried_out else "before"))
    done = replay.push(WITH_NEW, FIRST)

    assert (done.posted, len(replay.state.reviews), len(replay.inline)) == (1, 1, 1)


@pytest.mark.parametrize("carried_out", [True, False])
def test_a_summary_whose_answer_was_lost_is_posted_once(replay: Replay, carried_out: bool) -> None:
    replay.github.trouble(Trouble(method="POST", path="/issues/7/comments", cut="after" if carried_out else "before"))
    replay.push(WITH_NEW, FIRST)

    assert len(replay.state.issue_comments) == 1


def test_when_no_answer_ever_comes_nobody_claims_to_know(replay: Replay) -> None:
    replay.github.trouble(Trouble(method="POST", path="/reviews", cut="before", times=2))
    with pytest.raises(PublishingError) as caught:
        replay.push(WITH_NEW, FIRST)

    assert caught.value.message.endswith("The last request may have succeeded; the next run will check.")
    assert replay.publish().posted == 1


def test_when_posting_fails_the_reader_learns_where_the_report_is(replay: Replay) -> None:
    replay.state.may_write = False
    with pytest.raises(PublishingError) as caught:
        replay.push(WITH_NEW, FIRST, options=replace(REVIEW, report_path="/tmp/report.md"))

    assert "Nothing was posted. The report is in /tmp/report.md." in caught.value.message
    assert "pull-requests: write" in caught.value.hint


def test_when_only_the_summary_fails_the_reader_learns_what_stands_and_the_next_run_mends_it(replay: Replay) -> None:
    replay.github.trouble(Trouble(method="POST", path="/issues/7/comments", status=403, message="no"))
    with pytest.raises(PublishingError) as caught:
        replay.push(WITH_NEW, FIRST)
    done = replay.publish()

    assert f"the review at {replay.state.reviews[0]['html_url']}" in caught.value.message
    assert (done.posted, len(replay.state.reviews), len(replay.state.issue_comments)) == (0, 1, 1)
    assert replay.standings == {"Wrong: first_new = open(path)": "new"}


def test_folding_that_is_refused_is_told_and_tried_again(replay: Replay) -> None:
    replay.push(WITH_NEW, FIRST)
    replay.github.trouble(Trouble(path="/graphql", status=403, message="no"))
    done = replay.push({"app.py": BASE["app.py"] + "x = 1\n"})
    replay.publish()

    assert done.notes == ("1 comment on fixed findings could not be marked as outdated.",)
    assert replay.hidden == {"app.py:1": "OUTDATED"}


def test_threads_are_resolved_only_when_asked_for_and_allowed(replay: Replay) -> None:
    replay.push(WITH_NEW, FIRST, SECOND)
    replay.state.add_review_comment(7, {"path": "app.py", "line": 1, "body": "mine"}, login="person")
    options = replace(REVIEW, resolve_fixed=True)
    done = replay.push({"app.py": "first_new = open(path)\n" + BASE["app.py"]}, FIRST, options=options)
    replay.state.may_write_contents = True
    replay.state.minimized.clear()
    second = replay.state.review_comments[1]["id"]

    assert done.notes == ("1 thread of fixed findings could not be resolved. The token may need contents: write.",)
    assert replay.state.resolved == set()
    replay.push({"app.py": BASE["app.py"]}, options=options)
    assert f"PRRT_{second}" not in replay.state.resolved
    assert replay.state.resolved == {f"PRRT_{replay.state.review_comments[0]['id']}"}


def test_a_head_that_moved_meanwhile_is_told(replay: Replay) -> None:
    replay.commit(WITH_NEW)
    replay.look()
    replay.review = replay.make_review([FIRST])
    reviewed, replay.pull.head_sha = replay.pull.head_sha, "c" * 40
    replay.publish()

    assert replay.state.reviews[0]["commit_id"] == reviewed
    assert "`cccccccccccc`" in replay.sticky


def test_a_late_review_of_an_older_commit_leaves_the_newer_one_alone(replay: Replay) -> None:
    replay.commit(WITH_NEW)
    replay.look()
    late, texts = replay.make_review([FIRST]), replay.texts
    replay.push({"x.py": ""}, SECOND)
    before = list(replay.github.writes)
    done = publish(replay.client, replay.request(), late, REVIEW, TEMPLATES, texts)

    assert replay.github.writes == before
    assert done.notes == ("A review of a newer commit is already posted; its summary was left as it is.",)


def test_who_writes_is_asked_of_github_where_nobody_says(replay: Replay) -> None:
    replay.state.writer = "octo-reviewer[bot]"
    options = replace(REVIEW, login="")
    replay.push(WITH_NEW, FIRST, options=options)
    replay.push({"x.py": ""}, FIRST, options=options)

    assert (len(replay.inline), len(replay.state.issue_comments)) == (1, 1)


def test_a_hostile_review_calls_nothing_but_what_a_harmless_one_does(replay: Replay) -> None:
    hostile = replace(HOSTILE.findings[0], anchor=Anchor(1, 1), path="app.py", replacement="```\n</details>")
    replay.commit(WITH_NEW)
    replay.look()
    plain = replay.make_review([])
    replay.review = replace(
        HOSTILE, commit=plain.commit, change=plain.change, findings=(hostile, replace(hostile, fingerprint="f" * 16, anchor=None))
    )
    replay.publish()
    replay.push({"app.py": BASE["app.py"] + "x = 1\n"}, options=replace(REVIEW, resolve_fixed=True))

    assert {row.body["event"] for row in replay.github.requests if row.path.endswith("/reviews") and row.body} == {"COMMENT"}
    assert set(replay.github.writes) == {
        "POST /repos/octo-org/hello/pulls/7/reviews",
        "POST /repos/octo-org/hello/issues/7/comments",
        f"PATCH /repos/octo-org/hello/issues/comments/{replay.state.issue_comments[0]['id']}",
    }
    documents = {row.body["query"] for row in replay.github.requests if row.path == "/graphql"}
    assert documents <= {hiding.MINIMISE, hiding.RESOLVE, hiding.THREADS}
    rows = (*replay.state.reviews, *replay.state.review_comments, *replay.state.issue_comments)
    for row in rows:
        assert_ours(row["body"])


def assert_ours(body: str) -> None:
    """No element but those of our templates, no link but to our server, no comment but our markers."""
    page = Page(body)
    links = [attributes["href"] or "" for tag, attributes in page.elements if tag == "a"]
    comments = [attributes["text"] or "" for tag, attributes in page.elements if tag == "a comment"]

    assert page.tags <= OURS
    assert all(link.startswith(f"{SERVER}/octo-org/hello/") for link in links)
    assert all(comment.startswith(" reviewer:") for comment in comments)
    assert not re.search(r"@\w|#\w", page.outside_code)


def test_each_further_place_in_the_diff_has_a_short_comment_and_none_of_them_is_doubled(replay: Replay) -> None:
    files = {**WITH_NEW, "lib.py": "second_new = eval(text)\n" + BASE["lib.py"], "z.py": "second_new = eval(text)\n"}
    further = [("lib.py", 1, Anchor(1, 1)), ("z.py", 1, Anchor(1, 1)), ("app.py", 40, None)]
    also = tuple(Location(path=path, start_line=line, end_line=line, anchor=anchor) for path, line, anchor in further)
    replay.push(files)
    replay.look()
    review = replay.make_review([SECOND])
    replay.review = replace(review, findings=(replace(review.findings[0], also=also),))
    first, again = replay.publish(), replay.publish()

    assert replay.inline == [("app.py", 2), ("lib.py", 1), ("z.py", 1)]
    assert (first.posted, again.posted, again.repeated_suppressed) == (3, 0, 3)
    bodies = [comment["body"] for comment in replay.state.review_comments]
    assert "app.py:40" in bodies[0]
    assert "Also here: Wrong: second" in bodies[1]
    assert "A further place of the finding at `app.py`:2" in bodies[1]


def test_further_places_take_no_more_comments_than_are_wanted(replay: Replay) -> None:
    files = {f"e{number}.py": f"value_{number} = eval(text)\n" for number in range(8)}
    also = tuple(Location(path=path, start_line=1, end_line=1, anchor=Anchor(1, 1)) for path in list(files)[1:])
    replay.push(files)
    replay.look()
    review = replay.make_review([says("value_0 = eval(text)", "e0.py")])
    replay.review = replace(review, findings=(replace(review.findings[0], also=also),))
    done = replay.publish(replace(REVIEW, max_comments=3))

    assert done.posted == len(replay.inline) == 3
    assert all(f"e{number}.py" in replay.state.issue_comments[0]["body"] for number in range(8))
