"""Where a conversation lies: in the folder of the run it is about.

    conversation.json       every question and every answer, as sent and received, with usage, price and time
    conversation-N.answer   the answer to question N, piece by piece as it arrives; gone once it stands in `conversation.json`
    conversation.N.json     a conversation that `--new` ended

All of it is for its owner alone (0600). The prefix is never kept: it is the source that was read. Whoever asks holds the run's lock.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from reviewer.conversation import Conversation, Exchange
from reviewer.engine.interface import Stop
from reviewer.errors import StorageError
from reviewer.run_answers import AnswerFile, Reserve, read_answer
from reviewer.storage import read_kept, storage_error, write_atomically
from reviewer.values import NotThatValueError, from_json, to_json

VERSION = 1
_NAME = "conversation.json"
_PRIVATE = 0o600
_START_OVER = "Start over with --new; the old conversation is kept under another name."


@dataclass(frozen=True, slots=True)
class _Kept:
    """What `conversation.json` says."""

    version: int
    exchanges: tuple[Exchange, ...]


class ConversationFile:
    """The conversation of one run, on disk."""

    def __init__(self, folder: Path) -> None:
        """`folder` is the run's own. Nothing is touched yet."""
        self.path = folder / _NAME
        self._folder = folder

    def load(self) -> Conversation:
        """What was said so far, also the part of an answer that a killed process left; nothing is written.

        Raises StorageError for a file that cannot be read, or is none of this version.
        """
        try:
            text = read_kept(self.path)
        except FileNotFoundError:
            return Conversation()
        except OSError as error:
            raise StorageError(f"{self.path} cannot be read: {error.strerror}", hint=_START_OVER) from error
        try:
            kept = from_json(_Kept, text)
        except NotThatValueError as error:
            raise StorageError(f"{self.path} is no conversation: {error}", hint=_START_OVER) from error
        if kept.version != VERSION:
            raise StorageError(f"{self.path} is of another version of reviewer", hint=_START_OVER)
        return self._with_part(Conversation(kept.exchanges))

    def _with_part(self, conversation: Conversation) -> Conversation:
        """With what had arrived for the last question when its process was killed."""
        last = conversation.exchanges[-1] if conversation.exchanges else None
        if last is None or last.stop is not None:
            return conversation
        answer = read_answer(self._part(conversation))
        return conversation.ending(
            dataclasses.replace(last, answer=answer, stop=Stop.CUT, problem="The process that asked was killed.")
        )

    def save(self, conversation: Conversation) -> None:
        """Put it on disk; the pieces of answers that ended stand in it and are removed. Raises StorageError."""
        write_atomically(self.path, to_json(_Kept(VERSION, conversation.exchanges)), mode=_PRIVATE)
        under_way = self._part(conversation) if conversation.is_under_way else None
        for part in self._folder.glob("conversation-*.answer"):
            if part != under_way:
                part.unlink(missing_ok=True)

    def begin(self, conversation: Conversation, reserve: Reserve, complain: Callable[[StorageError], None]) -> AnswerFile:
        """Make room for the answer to the last question, before anything is sent. Raises StorageError when it could not be kept."""
        self.save(conversation)
        part = self._part(conversation)
        try:
            return AnswerFile(part, reserve, complain)
        except OSError as error:
            raise storage_error(part, error) from error

    def set_aside(self) -> str:
        """Give the conversation another name, so that the next one begins anew; that name, or nothing. Raises StorageError."""
        if not self.path.exists():
            return ""
        number = 1
        while (other := self.path.with_name(f"conversation.{number}.json")).exists():
            number += 1
        try:
            self.path.rename(other)
        except OSError as error:
            raise storage_error(other, error) from error
        return other.name

    def _part(self, conversation: Conversation) -> Path:
        return self._folder / f"conversation-{len(conversation.exchanges)}.answer"
