"""Kinds of endpoints and what each may do otherwise than the provider: whole reviews as processes of their own.

Whatever the endpoint, a review that says "complete" has the findings of the provider's own, its cost is what was really billed or unknown,
and a refusal is shown in the endpoint's words with its host, never with the key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal

import pytest
from endpoints.process import FILES, FOUND, Seen, review
from gateway_server import (
    BEDROCK,
    FASTAPI,
    KEY,
    LITELLM,
    LLAMA,
    OWN,
    ROUTER,
    VLLM,
    Gateway,
    GatewayServer,
    Shape,
    page_shape,
)

from faults.scene import Zygote

KINDS: Final = (OWN, LITELLM, ROUTER, LLAMA, BEDROCK, VLLM, FASTAPI)

Cost = Literal["billed", "unknown", "nothing"]


@dataclass(frozen=True, kw_only=True)
class Conduct:
    """Something that any endpoint may do, and what must come of it."""

    name: str
    does: Callable[[Gateway], Gateway] = lambda kind: kind
    code: int = 0
    says: tuple[str, ...] = ()
    """On standard error, or among the report's notes and problems."""
    never: tuple[str, ...] = ()
    cost: Cost | None = None
    """None: by the kind's usage."""
    depth: str = "quick"
    now: tuple[Gateway, ...] = ()
    """The kinds tried with every change; the others once a day."""
    money: bool = False


def having(**changes: Any) -> Callable[[Gateway], Gateway]:  # noqa: ANN401 - fields of Gateway
    return lambda kind: replace(kind, **changes)


def refusing(status: int, kind: str, sentence: str, shape: Shape | None = None) -> Callable[[Gateway], Gateway]:
    """The first message is refused, in the endpoint's own shape or another."""
    return lambda it: replace(it, first=(shape or it.shape)(status, kind, sentence, ""))


def fenced(text: str) -> str:
    return f"```json\n{text}\n```\n"


HOST: Final = "127.0.0.1"
LACKS: Final = "The endpoint does not take structured output"
NOT_ENFORCED: Final = "This endpoint did not enforce the schema"
NO_CACHE: Final = "does not cache the prompt"
EVERYTHING: Final = ("diagnostics", "output_config.format", "thinking", "cache_control")

CONDUCTS: Final = (
    Conduct(name="as it is", now=(OWN, LITELLM, LLAMA, BEDROCK, VLLM, FASTAPI)),
    Conduct(name="no event lines", does=having(wire="unnamed"), now=(LITELLM,)),
    Conduct(name="carriage returns", does=having(wire="crlf")),
    Conduct(name="no stream", does=having(wire="one piece"), now=(OWN,)),
    Conduct(name="fields not permitted", does=having(refuses=EVERYTHING), says=(LACKS,), now=(BEDROCK, FASTAPI, VLLM)),
    Conduct(name="schema ignored", does=having(rewrite=fenced, refuses=()), says=(NOT_ENFORCED,), now=(LLAMA,)),
    Conduct(
        name="unknown model", does=refusing(404, "not_found_error", "model: claude-opus-5-5"), code=4, cost="nothing",
        says=("does not know the model claude-opus-5-5", HOST), never=("console",), now=(LITELLM,),
    ),
    Conduct(
        name="too long", does=refusing(400, "invalid_request_error", "prompt is too long: 9 tokens > 8 maximum"), code=4, cost="nothing",
        says=("longer than the window of claude-opus-5-5",), never=("console",), now=(LLAMA,),
    ),
    Conduct(
        name="key refused", does=refusing(401, "authentication_error", f"no such key: {KEY}"), code=4, cost="nothing",
        says=(f"The endpoint {HOST} refused the credentials (HTTP 401", "no such key: SECRET-REMOVED"), never=("console",), now=(FASTAPI,),
    ),
    Conduct(
        name="web page 403", does=refusing(403, "", "Forbidden", page_shape), code=4, cost="nothing",
        says=(f"between here and {HOST} refused the request", "403 Forbidden", "nothing about the credentials"), now=(ROUTER,),
    ),
    Conduct(
        name="web page 413", does=having(largest=2000), code=4, cost="nothing",
        says=(" bytes is larger than a proxy in front of", "nginx takes 1 MB"), now=(VLLM,),
    ),
    Conduct(name="count missing", does=having(counts=404), says=("cannot count",), now=(OWN,)),
    Conduct(name="count refused", does=having(counts=401), says=("count",), now=(LLAMA,), money=True),
    Conduct(name="count fails", does=having(counts=500), says=("count",), money=True),
    Conduct(name="count low", does=having(counts=0.1), says=("count",), now=(LITELLM,), money=True),
    Conduct(name="usage zero", does=having(usage="zero"), depth="standard", never=(NO_CACHE,), now=(ROUTER,), money=True),
    Conduct(name="usage null", does=having(usage="null"), depth="standard", never=(NO_CACHE,), now=(OWN,), money=True),
    Conduct(name="usage late", does=having(usage="late"), depth="standard", never=(NO_CACHE,), now=(OWN,), money=True),
    Conduct(name="429 twice", does=having(busy=2), now=(BEDROCK,)),
    Conduct(name="429 four times", does=having(busy=4), money=True),
    Conduct(name="one at a time", does=having(at_once=1), depth="deep", money=True, now=(LLAMA,)),
    Conduct(name="another model", does=having(answers_as="gpt-5-mini"), says=("gpt-5-mini",), cost="unknown", now=(ROUTER,), money=True),
    Conduct(name="another size", does=having(answers_as="claude-haiku-4-5-20251001"), says=("claude-haiku-4-5-20251001",), money=True),
)  # fmt: skip


def _rows() -> Iterator[Any]:
    """Each conduct of each kind. Whose names begin with `money` are about counts, usage and limits."""
    for conduct in CONDUCTS:
        for kind in KINDS:
            marks = () if kind in conduct.now else (pytest.mark.nightly,)
            # An endpoint that reports no usage has an unknown cost whatever else it does.
            money = conduct.money or kind.usage == "zero"
            yield pytest.param(conduct, kind, id=f"{'money-' * money}{kind.name}-{conduct.name}", marks=marks)


@pytest.mark.parametrize(("conduct", "kind"), list(_rows()))
def test_what_is_said_is_true_on_any_endpoint(
    conduct: Conduct,
    kind: Gateway,
    make_repository: Callable[[Mapping[str, str]], Path],
    tmp_path: Path,
    zygote: Callable[[], Zygote],
) -> None:
    with GatewayServer(conduct.does(kind)) as gateway:
        seen = review(gateway.environment, make_repository(FILES), tmp_path, zygote(), "--depth", conduct.depth)
    for words in conduct.says:
        assert words in seen.text
    never = {KEY, "Traceback", *conduct.never} - ({NO_CACHE} if "cache_control" in kind.refuses else set())  # there it is true
    assert not [words for words in never if words in seen.text]
    assert seen.code == conduct.code, seen.text
    if seen.report is not None and seen.code == 0:
        assert seen.report["complete"]
        assert {(each["path"], each["start_line"]) for each in seen.report["findings"]} >= FOUND
    _hold_cost(conduct.cost or ("unknown" if gateway.gateway.usage in {"zero", "null"} else "billed"), seen, gateway)


def _hold_cost(expected: Cost, seen: Seen, gateway: GatewayServer) -> None:
    """The cost in the report is what was really billed, or unknown; never less."""
    if expected == "nothing":
        assert gateway.dollars == 0
        return
    assert seen.report is not None
    assert gateway.dollars > 0
    if expected == "unknown":
        assert seen.report["cost_usd"] is None
    elif not gateway.gateway.answers_as:
        assert seen.report["cost_usd"] == pytest.approx(gateway.dollars)
