"""The review is made, and GitHub cannot be asked, or does not take it."""

from __future__ import annotations

from collections.abc import Callable

from conftest import git

from faults.row import Disk, Row
from faults.scene import Outcome, Scene
from github_server import GitHubServer, Pull, Trouble, files_of
from messages_server import Behaviour


def pull_request(scene: Scene, github: GitHubServer) -> str:
    """A pull request that executes text; its address."""
    root = scene.repository
    base = git(root, "rev-parse", "HEAD").strip()
    git(root, "checkout", "--quiet", "-b", "topic")
    (root / "app" / "more.py").write_text("def more(text):\n    return eval(text)\n")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "second")
    head = git(root, "rev-parse", "HEAD").strip()
    git(root, "config", "uploadpack.allowAnySHA1InWant", "true")
    github.state.add_pull(Pull(number=7, base_sha=base, head_sha=head, files=files_of(root, base, head)))
    github.serve_repository(github.state.full_name, root)
    return f"{github.url}/{github.state.full_name}/pull/7"


def published(
    *troubles: Trouble, answering: Callable[[Scene, GitHubServer], object] = lambda *_: None
) -> Callable[[Scene], Outcome]:
    """Reviewed and posted, while this goes wrong."""

    def act(scene: Scene) -> Outcome:
        scene.patch.setattr("time.sleep", lambda _seconds: None)
        github = GitHubServer()
        github.__enter__()
        scene.ends.append(github.__exit__)
        scene.environ |= github.environment
        address = pull_request(scene, github)
        github.trouble(*troubles)
        answering(scene, github)
        done = scene.run(
            "review", address, "--publish", "review", "--depth", "quick", "-o", scene.folder / "out" / "r.md", cwd=scene.folder
        )
        assert github.token not in done.out + done.err
        return done

    return act


def the_head_moves(scene: Scene, github: GitHubServer) -> None:
    def move() -> None:
        github.state.pulls[7].head_sha = "e" * 40

    scene.when_asked(move)


def the_provider_fails(scene: Scene, github: GitHubServer) -> None:
    scene.server.queue(Behaviour(status=529, error="overloaded_error", headers={"x-should-retry": "false"}))


REVIEWS = "/reviews"
ROWS = (
    Row(fault="GitHub takes the review", act=published(), code=0, says="complete", disk=Disk.DONE, docs=False),
    Row(fault="no such pull request", act=published(Trouble(path="/pulls/7", status=404, message="Not Found", times=99)), code=4, says="reviewer: GitHub answered 404 to GET /repos/…/pulls/7 (Not Found). It is not there, or the token may not see it", disk=Disk.NOTHING),
    Row(fault="GitHub is down before the review", act=published(Trouble(path="/pulls/7", status=503, times=99)), code=4, says="reviewer: GitHub answered 503 to GET /repos/…/pulls/7.", disk=Disk.NOTHING),
    Row(fault="GitHub refuses the token", act=published(Trouble(status=401, message="Bad credentials", times=99)), code=4, says="reviewer: GitHub answered 401 to GET /repos/…/pulls/7 (Bad credentials). The token is wrong, expired or revoked.", disk=Disk.NOTHING),
    Row(fault="GitHub fails when the review is posted", act=published(Trouble(method="POST", status=502, times=99)), code=5, says="reviewer: The review could not be published: …. The report is in …/out/r.md.", disk=Disk.DONE),
    Row(fault="the connection to GitHub is cut when the review is posted", act=published(Trouble(method="POST", cut="before", times=99)), code=5, says="reviewer: The review could not be published: …. The report is in …/out/r.md.", disk=Disk.DONE),
    Row(fault="the answer to a posted review is lost", act=published(Trouble(method="POST", path=REVIEWS, cut="after")), code=0, says="complete", disk=Disk.DONE),
    Row(fault="GitHub's limit on writing", act=published(Trouble(method="POST", status=403, message="You have exceeded a secondary rate limit", headers={"retry-after": "3600"}, times=99)), code=5, says="reviewer: The review could not be published: …. The report is in …/out/r.md.", disk=Disk.DONE),
    Row(fault="GitHub asks to wait a minute", act=published(Trouble(method="POST", status=429, message="You have exceeded a secondary rate limit", headers={"retry-after": "60"})), code=0, says="complete", disk=Disk.DONE),
    Row(fault="no right to write", act=published(Trouble(method="POST", status=403, message="Resource not accessible by integration", times=99)), code=5, says="reviewer: The review could not be published: …. The report is in …/out/r.md.", disk=Disk.DONE),
    Row(fault="new commits while the model answers", act=published(answering=the_head_moves), code=0, says="complete", disk=Disk.DONE),
    Row(fault="the provider fails in a review that is to be posted", act=published(answering=the_provider_fails), code=4, says="reviewer: The endpoint 127.0.0.1 is overloaded … `reviewer resume …` goes on.", disk=Disk.RUN),
)  # fmt: skip
