"""What the provider says of its models: windows, limits, retirement. Prices are not in it; the catalogue keeps those.

Gateways often answer with ids alone, so everything but the id may be missing.
"""

from __future__ import annotations

from contextlib import closing
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any, Final
from urllib.parse import quote

from pydantic import AfterValidator, BaseModel, Field, ValidationError

from reviewer.engine.credentials import Credentials
from reviewer.engine.wire_errors import RefusedByProviderError, as_error, printable_id
from reviewer.errors import MalformedReplyError
from reviewer.plan.catalog import ModelFacts

if TYPE_CHECKING:
    from reviewer.engine.connection import Connection

_PAGE: Final = 1000
"""Models asked for at once; the most the API allows."""
_MOST_PAGES: Final = 20
"""A list longer than this does not end."""


_WITHOUT: Final = "Some gateways have none; `reviewer models` without --refresh shows the built-in catalogue."


def _printable(value: str) -> str:
    if not printable_id(value):
        raise ValueError("not an id")
    return value


_Id = Annotated[str, AfterValidator(_printable)]
_Tokens = Annotated[int, Field(gt=0)]


class _Support(BaseModel):
    supported: bool


class _Capabilities(BaseModel):
    structured_outputs: _Support | None = None


class _Model(BaseModel):
    id: _Id
    line: _Id | None = None
    lifecycle: _Id | None = None
    retires_at: datetime | None = None
    max_input_tokens: _Tokens | None = None
    max_tokens: _Tokens | None = None
    capabilities: _Capabilities | None = None

    def facts(self) -> ModelFacts:
        structured = self.capabilities.structured_outputs if self.capabilities else None
        return ModelFacts(
            id=self.id,
            line=self.line,
            max_input_tokens=self.max_input_tokens,
            max_tokens=self.max_tokens,
            lifecycle=self.lifecycle,
            retires_at=self.retires_at.date() if self.retires_at else None,
            structured_outputs=structured.supported if structured else None,
        )


class _Page(BaseModel):
    data: list[_Model]
    has_more: bool = False
    last_id: _Id | None = None


def fetch_model_facts(credentials: Credentials, *, base_url: str | None = None, **network: Any) -> list[ModelFacts]:  # noqa: ANN401 - see Connection
    """Every model the account may call or could once call, newest first.

    `base_url` and `network` as for `ClaudeEngine`. Imports the SDK, which takes about two seconds. Raises ProviderError.
    """
    from reviewer.engine.connection import Connection

    with closing(Connection(credentials, endpoint=base_url, **network)) as connection:
        try:
            return [model.facts() for model in _all_models(connection)]
        except RefusedByProviderError as refusal:
            if refusal.failure.status == HTTPStatus.NOT_FOUND:
                raise MalformedReplyError("The endpoint has no list of models.", hint=_WITHOUT) from refusal
            raise as_error(refusal.failure, model="") from refusal
        except ValidationError as error:
            raise MalformedReplyError(
                "The endpoint's list of models cannot be read.",
                hint="Some gateways have none; `reviewer models` works without it.",
            ) from error


def _all_models(connection: Connection) -> list[_Model]:
    models: list[_Model] = []
    after = ""
    for _ in range(_MOST_PAGES):
        query = "&".join([f"limit={_PAGE}", *(f"lifecycle[]={stage}" for stage in ("active", "deprecated", "retired"))])
        page = _Page.model_validate(connection.look_up(f"/v1/models?{query}{after}"))
        models += page.data
        if not (page.has_more and page.last_id):
            break
        after = f"&after_id={quote(page.last_id, safe='')}"
    return models
