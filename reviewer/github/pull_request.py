"""A pull request, as an event's payload, GitHub's API or a person's URL names it.

Every string in it was chosen by somebody else. Names and ids are checked against GitHub's own rules here, since they become parts of
URLs and arguments; title, body and branch names are text, to be shown inert and to be put before a model as data.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from reviewer.engine.credentials import checked_endpoint
from reviewer.errors import ConfigError, ForgeError
from reviewer.github.api import GitHub
from reviewer.report.printable import printable

_FULL_NAME = re.compile(r"([A-Za-z0-9][A-Za-z0-9_-]{0,99})/((?!\.{1,2}\Z)[A-Za-z0-9._-]{1,100})")
"""An account (letters, digits and hyphens; an underscore before the suffix of a managed account) and a repository's name."""
_PULL_PATH = re.compile(r"/([^/]+)/([^/]+)/pull/([1-9][0-9]{0,9})(?:/.*)?")
LARGEST_NUMBER = 2**31 - 1


def _full_name(text: str) -> str:
    if not _FULL_NAME.fullmatch(text):
        raise ValueError
    return text


Text = Annotated[str, AfterValidator(printable)]
"""Text without what no encoding can write."""
FullName = Annotated[str, AfterValidator(_full_name)]
ObjectId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{40}(?:[0-9a-f]{24})?$")]
Login = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,99}(?:\[bot\])?$")]
Number = Annotated[int, Field(strict=True, ge=1, le=LARGEST_NUMBER)]


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRequest:
    """A pull request at one moment."""

    owner: str
    repo: str
    number: int
    title: str
    body: str
    base_ref: str
    """The branch it is to be merged into. Hostile text: never an argument of git."""
    base_sha: str
    """A commit of the base branch, not the merge base; it may lag behind the branch."""
    head_ref: str
    """The branch it comes from. Hostile text: never an argument of git."""
    head_sha: str
    """The commit that is reviewed, and to which comments are attached."""
    head_repo: str | None
    """OWNER/REPO the head branch is in; None when that fork was deleted."""
    is_fork: bool
    """Whether the head is in another repository, also when that is gone."""
    is_draft: bool
    is_open: bool
    author: str
    """The login; `ghost` when the account was deleted."""
    author_is_bot: bool
    updated_at: datetime | None
    """When anything about it changed last, by GitHub's clock."""
    html_url: str
    """Where people look; built here, not taken from the payload."""
    is_into_default: bool = False
    """Whether the base is the repository's default branch. Any other was chosen by the author, and may hold what nobody looked at."""

    @property
    def full_name(self) -> str:
        """OWNER/REPO."""
        return f"{self.owner}/{self.repo}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRequestAddress:
    """What the URL of a pull request says."""

    server_url: str
    owner: str
    repo: str
    number: int


def parse_url(text: str) -> PullRequestAddress | None:
    """The pull request that `https://HOST/OWNER/REPO/pull/N`, or a page below it, names; None when `text` is no URL.

    Raises ConfigError when it is a URL of something else.
    """
    if not text.startswith(("https://", "http://")):
        return None
    try:
        parts = urlsplit(text)
    except ValueError as error:
        raise ConfigError("This is not the URL of a pull request.", hint=_URL_HINT) from error
    found = _PULL_PATH.fullmatch(parts.path)
    name = _FULL_NAME.fullmatch(f"{found[1]}/{found[2]}") if found else None
    if found is None or name is None or int(found[3]) > LARGEST_NUMBER:
        raise ConfigError("This is not the URL of a pull request.", hint=_URL_HINT)
    server = checked_endpoint(f"{parts.scheme}://{parts.netloc}", source="The URL of the pull request")
    return PullRequestAddress(server_url=server, owner=name[1], repo=name[2], number=int(found[3]))


_URL_HINT = "It looks like https://github.com/OWNER/REPO/pull/NUMBER."


def from_api(github: GitHub, owner: str, repo: str, number: int, *, server_url: str) -> PullRequest:
    """The pull request as it is now, under its present name if the repository was renamed. Raises ForgeError."""
    return _pull_request(github.get(f"/repos/{owner}/{repo}/pulls/{number}"), server_url)


def from_object(value: object, full_name: str, *, server_url: str) -> PullRequest:
    """Read the `pull_request` object of a payload or a list that belongs to the repository `full_name`.

    Raises ForgeError when it is not in GitHub's form, or belongs to another repository.
    """
    found = _pull_request(value, server_url)
    if found.full_name.lower() != full_name.lower():
        raise ForgeError("The pull request belongs to another repository than the event.")
    return found


def _pull_request(value: object, server_url: str) -> PullRequest:
    read = checked(_PullRequest, value, "the pull request")
    full_name = read.base.repo.full_name
    owner, _, name = full_name.partition("/")
    head_repo = read.head.repo.full_name if read.head.repo else None
    return PullRequest(
        owner=owner,
        repo=name,
        number=read.number,
        title=read.title,
        body=read.body or "",
        base_ref=read.base.ref,
        base_sha=read.base.sha,
        head_ref=read.head.ref,
        head_sha=read.head.sha,
        head_repo=head_repo,
        is_fork=head_repo is None or head_repo.lower() != full_name.lower(),
        is_draft=read.draft,
        is_open=read.state == "open",
        author=read.user.login if read.user else "ghost",
        author_is_bot=read.user is not None and read.user.type == "Bot",
        updated_at=read.updated_at,
        html_url=f"{server_url}/{owner}/{name}/pull/{read.number}",
        is_into_default=read.base.ref == read.base.repo.default_branch,
    )


Model = TypeVar("Model", bound=BaseModel)


class Lenient(BaseModel):
    """Lenient about what is not asked for: payloads of old servers lack fields, those of new ones have more."""

    model_config = ConfigDict(frozen=True, extra="ignore")


def checked(model: type[Model], value: object, name: str) -> Model:
    """`value`, which is parsed JSON, read as `model`. Raises ForgeError that names the place where it is not in GitHub's form."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        place = ".".join(map(str, error.errors(include_input=False, include_url=False)[0]["loc"]))
        raise ForgeError(f"What GitHub says of {name} is not in its form: {place or 'no object'}.") from None


class Account(Lenient):
    """Who did something."""

    login: Login
    type: str = "User"


class NamedRepository(Lenient):
    """A repository."""

    full_name: FullName


class _End(Lenient):
    ref: Annotated[Text, StringConstraints(max_length=1024)]
    sha: ObjectId
    repo: NamedRepository | None = None


class _Reviewed(NamedRepository):
    default_branch: Text | None = None


class _Base(_End):
    repo: _Reviewed


class _PullRequest(Lenient):
    number: Number
    title: Text
    body: Text | None = None
    state: Literal["open", "closed"]
    draft: bool = False
    user: Account | None = None
    base: _Base
    head: _End
    updated_at: AwareDatetime | None = None
