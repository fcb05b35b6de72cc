"""Finds and renders templates: every sentence a person or a model reads stands in a file that the operator may replace.

A template is named by its path below the templates folder: `report/report.md.j2`. Values are put in as they are (no autoescape), so
the caller hands over text that is already fit for its place. The only home of jinja2, which is imported with the first rendering.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path, PurePosixPath
from traceback import walk_tb
from typing import TYPE_CHECKING

from reviewer.errors import TemplateError

if TYPE_CHECKING:
    from collections.abc import Callable

    from jinja2 import Environment

_SUFFIX = ".j2"
_MISUSE = (TypeError, ValueError, ArithmeticError, LookupError, AttributeError, RecursionError)
"""What Python raises when a template adds None to a number, divides by zero or includes itself."""


def packaged_templates() -> Path:
    """The templates that come with `reviewer`.

    In an installed wheel they are `reviewer/templates`; an editable install and a checkout have them beside the package. The
    packaged folder is looked at first, because a `templates` folder beside an installed package belongs to someone else.
    """
    package = Path(str(files("reviewer")))
    packaged = package / "templates"
    return packaged if packaged.is_dir() else package.parent / "templates"


class Templates:
    """The templates of one run: those of the override folder win, one by one, over those that come with `reviewer`.

    Raises TemplateError when the override folder is not there.
    """

    def __init__(self, override: Path | None = None) -> None:
        if override is not None and not override.is_dir():
            raise TemplateError(
                f"the templates folder {override} is not there", hint="Name an existing folder, or leave --templates out."
            )
        self._roots = (packaged_templates(),) if override is None else (override, packaged_templates())
        self._made: Environment | None = None

    def names(self) -> tuple[str, ...]:
        """Every template there is, sorted by name."""
        return tuple(sorted({path.relative_to(root).as_posix() for root in self._roots for path in root.rglob(f"*{_SUFFIX}")}))

    def path(self, name: str) -> Path | None:
        """The file a template's name stands for, or None when there is none."""
        if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
            return None
        return next((root / name for root in self._roots if (root / name).is_file()), None)

    def render(self, name: str, /, **values: object) -> str:
        """The template's text with `values` put in; the same values always give the same text.

        Raises TemplateError, which names file and line, when the template is not there, does not parse, uses a name that is not
        among the values, or does what the sandbox forbids.
        """
        import jinja2

        try:
            return self._environment().get_template(name).render(**values)
        except jinja2.TemplateNotFound as error:
            raise self._missing(str(error.name or name)) from error
        except jinja2.TemplateSyntaxError as error:
            raise _at(Path(error.filename or name), error.lineno, error.message or "syntax error") from error
        except (jinja2.TemplateError, *_MISUSE) as error:
            place = _place(error, self._roots)
            if place is None:
                raise
            raise _at(*place, str(error)) from error

    def _environment(self) -> Environment:
        if self._made is None:
            from jinja2 import FunctionLoader, StrictUndefined
            from jinja2.sandbox import SandboxedEnvironment

            self._made = SandboxedEnvironment(
                loader=FunctionLoader(self._load),
                undefined=StrictUndefined,
                trim_blocks=True,
                lstrip_blocks=True,
                keep_trailing_newline=True,
            )
        return self._made

    def _load(self, name: str) -> tuple[str, str, Callable[[], bool]] | None:
        found = self.path(name)
        if found is None:
            return None
        try:
            return found.read_text(encoding="utf-8"), str(found), lambda: True
        except (OSError, UnicodeDecodeError) as error:
            raise TemplateError(f"the template {found} could not be read: {error}") from error

    def _missing(self, name: str) -> TemplateError:
        return TemplateError(f"there is no template {name}", hint=f"These exist: {', '.join(self.names())}.")


def _at(path: Path, line: int, what: str) -> TemplateError:
    return TemplateError(f"{path}:{line}: {what}", hint="Compare it with the template of the same name that comes with reviewer.")


def _place(error: BaseException, roots: tuple[Path, ...]) -> tuple[Path, int] | None:
    """File and line of the innermost template that led to `error`; None when a function the template called is at fault.

    jinja2 rewrites its tracebacks so that a template's frames carry the template's own file and line.
    """
    place: tuple[Path, int] | None = None
    own_code = str(files("reviewer"))
    for frame, line in walk_tb(error.__traceback__):
        path = Path(frame.f_code.co_filename)
        if any(path.is_relative_to(root) for root in roots):
            place = path, line
        elif place is not None and path.is_relative_to(own_code):
            place = None
    return place
