"""The loopback server is as strict as the provider, and stricter: what it lets pass, the provider takes."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import anthropic
import pytest

from messages_server import MODELS, MessagesServer, demo_model
from reviewer.conversation_texts import Told
from reviewer.documents import document, quoted
from reviewer.engine.interface import Prompt, Turn
from reviewer.engine.request import request_body
from reviewer.findings import Finding
from reviewer.plan.passes import GENERAL, LENSES, Lens
from reviewer.questions import continued_question, finding_key, lens_template, verification_question
from reviewer.reply.ground import ground
from reviewer.reply.parse import parse
from reviewer.templating import Templates

PROMPT = Prompt(
    model="claude-opus-5-5",
    system="rules",
    documents="documents",
    question="question",
    schema={"type": "object"},
    max_output=100,
    effort="high",
    thinking={"type": "adaptive"},
    structured=True,
)


def refusal(body: dict[str, Any]) -> str:
    """What the server says to a body that is sent as it is."""
    with MessagesServer() as server, anthropic.Anthropic(api_key=server.key, base_url=server.url, max_retries=0) as client:
        try:
            client.post("/v1/messages", cast_to=object, body=body)
        except anthropic.APIStatusError as error:
            return f"{error.status_code} {error.api_message}"
        return "taken"


def test_a_request_of_ours_is_taken() -> None:
    assert refusal(request_body(PROMPT)) == "taken"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"tools": []}, "400 tools"),
        ({"tool_choice": {"type": "auto"}}, "400 tool_choice"),
        ({"container": "x"}, "400 container"),
        ({"mcp_servers": []}, "400 mcp_servers"),
        ({"temperature": 1.0}, "400 temperature"),
        ({"top_p": 0.9}, "400 top_p"),
        ({"output_format": {}}, "400 output_format"),
        ({"documents": 1}, "400 documents"),
        ({"messages": "hello"}, "400 messages"),
        ({"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "{"}]}, "400 This model does not support"),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": ""}]}]}, "400 messages.content"),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": "q", "citations": []}]}]}, "400 messages.content"),
        ({"max_tokens": 128_001}, "400 max_tokens: 128001"),
        ({"output_config": {"effort": "enormous"}}, "400 output_config.effort"),
        ({"thinking": {"type": "enabled", "budget_tokens": 1024}}, "400 thinking.type"),
        ({"model": "claude-opus-9"}, "404 model: claude-opus-9"),
        ({"model": "claude-sonnet-4-20250514"}, "404 model"),
        ({"model": "claude-haiku-4-5", "thinking": {"type": "disabled"}}, "400 output_config.effort"),
    ],
)  # fmt: skip
def test_a_request_that_breaks_a_rule_is_refused(change: dict[str, Any], says: str) -> None:
    assert refusal({**request_body(PROMPT), **change}).startswith(says)


def test_a_prompt_above_the_window_is_refused() -> None:
    window = MODELS["claude-haiku-4-5-20251001"]["context_tokens"]
    long = replace(PROMPT, model="claude-haiku-4-5", documents="x" * window * 3, effort=None, thinking=None)
    assert refusal(request_body(long)).startswith("400 prompt is too long: ")


def test_only_the_right_key_is_welcome() -> None:
    with MessagesServer() as server, anthropic.Anthropic(api_key="wrong", base_url=server.url, max_retries=0) as client:
        with pytest.raises(anthropic.AuthenticationError):
            client.models.list()
        assert server.requests[0].headers["authorization"] == "wrong"


def test_the_sdks_own_helpers_understand_an_answer() -> None:
    """The events are the provider's: the SDK's accumulator makes a typed message of them."""
    body = request_body(PROMPT)
    del body["stream"]
    with MessagesServer() as server, anthropic.Anthropic(api_key=server.key, base_url=server.url) as client:
        with client.messages.stream(**body) as stream:
            message = stream.get_final_message()
        assert [block.type for block in message.content] == ["thinking", "text"]
        assert message.stop_reason == "end_turn"
        assert message.usage.output_tokens > 1
        assert client.models.retrieve("claude-haiku-4-5").id == "claude-haiku-4-5-20251001"
        assert [model.lifecycle for model in client.models.list(limit=3)].count("retired") == 0


def test_the_demonstration_quotes_real_lines_of_our_documents() -> None:
    files = {"a.py": "import os\n\n\ndef run(text):\n    return eval(text)\n", 'b "q".py': "try:\n    x()\nexcept:\n    pass"}
    texts = [document(path, text) for path, text in files.items()]
    documents = "\n".join(f'<document id="{it.marker}" path={it.path}>\n{it.text}\n</document id="{it.marker}">' for it in texts)
    with MessagesServer() as server:
        answer = server.model(request_body(replace(PROMPT, documents=documents)))
    found = [(finding["path"], finding["start_line"], finding["quote"]) for finding in answer["findings"]]
    assert found == [("a.py", 5, "    return eval(text)"), ('b "q".py', 3, "except:")]
    assert quoted('b "q".py') == r'"b \"q\".py"'


FILES = {
    "a.py": "def run(text, found=[]):\n    return eval(text)  # the text of a user\n\n\n# TODO: parse it\n",
    "b.py": "import time\n\n\ndef wait():\n    time.sleep(1)\n# FIXME\n",
}
TEMPLATES = Templates(None)


def answer(question: str, *turns: str) -> dict[str, Any]:
    """What the demonstration says to a question about FILES, and to what is said after it, the model first."""
    texts = [document(path, text) for path, text in FILES.items()]
    marked = [f'<document id="{it.marker}" path={it.path}>\n{it.text}\n</document id="{it.marker}">\n' for it in texts]
    said = tuple(Turn(("assistant", "user")[at % 2], text) for at, text in enumerate(turns))
    prompt = replace(PROMPT, documents="".join(marked), cuts=(len(marked[0]),), question=question, turns=said)
    return demo_model(request_body(prompt))


def look(lens: str) -> list[dict[str, Any]]:
    return list(answer(TEMPLATES.render(lens_template(Lens(lens))))["findings"])


def test_the_demonstration_sees_through_each_lens_what_suits_it() -> None:
    seen = {lens.name: sorted((it["path"], it["start_line"]) for it in look(lens.name)) for lens in (GENERAL, *LENSES)}
    assert seen == {
        "general": [("a.py", 1), ("a.py", 2), ("a.py", 5), ("b.py", 5), ("b.py", 6)],
        "correctness": [("a.py", 1), ("a.py", 2)],
        "security": [("a.py", 2)],
        "concurrency": [("a.py", 1), ("b.py", 5)],
        "contracts": [("a.py", 1)],
        "error-handling": [],
        "performance": [("b.py", 5)],
        "tests": [("a.py", 5), ("b.py", 5), ("b.py", 6)],
        "architecture": [("a.py", 2), ("a.py", 5), ("b.py", 6)],
    }


def test_the_demonstration_speaks_of_one_defect_in_other_words_through_other_lenses() -> None:
    titles = {
        it["title"]
        for lens in ("general", "correctness", "security", "architecture")
        for it in look(lens)
        if it["start_line"] == 2
    }
    assert len(titles) > 1


def claims(lens: str = "general") -> tuple[Finding, ...]:
    return ground(parse(json.dumps({"findings": look(lens), "summary": ""})).claims, FILES.get)[0]


def test_the_demonstration_does_not_repeat_what_is_kept_of_a_broken_answer() -> None:
    every = claims()
    rest = answer(continued_question(TEMPLATES.render(lens_template(GENERAL)), every[:2], TEMPLATES))
    assert len(rest["findings"]) == len(every) - 2


def test_the_demonstration_verifies_each_finding_with_a_real_line() -> None:
    every = {finding_key(it): it for it in claims()}
    parsed = parse(json.dumps(answer(verification_question(every.values(), TEMPLATES))))
    rulings = {(it.quote, it.ruling.value) for it in parsed.verdicts}
    assert {it.finding for it in parsed.verdicts} == set(every)
    assert rulings == {
        ("def run(text, found=[]):", "confirmed"),
        ("    return eval(text)  # the text of a user", "confirmed"),
        ("# TODO: parse it", "refuted"),
        ("    time.sleep(1)", "confirmed"),
        ("", "uncertain"),
    }


def test_the_demonstration_answers_a_question_with_real_lines_and_goes_on() -> None:
    told = Told(templates=TEMPLATES, review=None, language="English")
    opening = told.opening("What text does the user send?", None)
    first = answer(opening)
    assert [(it["path"], it["start_line"]) for it in first["reply"]["quotes"]] == [("a.py", 1), ("a.py", 2)]
    second = answer(opening, "…", "And where does it import something?")
    assert second["reply"]["quotes"][0]["quote"] == "import time"
    assert answer(opening, "…", told.summary_request())["reply"] == {
        "text": "No model has read this: answers given so far: 1.",
        "quotes": [],
    }


def test_it_runs_by_itself() -> None:
    program = Path(__file__).with_name("messages_server.py")
    with subprocess.Popen([sys.executable, program, "--port", "0"], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().split("=")[1].split()[0]
            with anthropic.Anthropic(api_key="loopback", base_url=url) as client:
                answer = client.post("/v1/messages", cast_to=object, body={**request_body(PROMPT), "stream": False})
        finally:
            process.terminate()
    assert isinstance(answer, dict)
    assert answer["stop_reason"] == "end_turn"
