"""GitHub's own Markdown parser as a judge of what our Markdown does; it shares nothing with our code."""

from __future__ import annotations

from html.parser import HTMLParser

import cmarkgfm  # type: ignore[import-untyped]
from cmarkgfm.cmark import Options  # type: ignore[import-untyped]


class Page(HTMLParser):
    """What GitHub's parser makes of a Markdown text: its elements, and its text inside and outside code."""

    def __init__(self, markdown: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.outside_code = ""
        self._code = 0
        # UNSAFE shows raw HTML as GitHub's own first step does; what its sanitiser would take out must not be there to begin with.
        options = Options.CMARK_OPT_UNSAFE | Options.CMARK_OPT_FOOTNOTES
        self.html = cmarkgfm.github_flavored_markdown_to_html(markdown, options=options)
        self.feed(self.html)
        self.close()

    @property
    def tags(self) -> set[str]:
        return {tag for tag, _ in self.elements}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._code += tag in {"code", "pre"}

    def handle_comment(self, data: str) -> None:
        self.elements.append(("a comment", {"text": data}))

    def handle_decl(self, decl: str) -> None:
        self.elements.append(("a declaration", {"text": decl}))

    def handle_pi(self, data: str) -> None:
        self.elements.append(("an instruction", {"text": data}))

    def unknown_decl(self, data: str) -> None:
        self.elements.append(("a declaration", {"text": data}))

    def handle_endtag(self, tag: str) -> None:
        self._code -= tag in {"code", "pre"}

    def handle_data(self, data: str) -> None:
        self.text += data
        self.outside_code += " " if self._code else data
