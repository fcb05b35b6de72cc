"""The rate limits of the loopback server: what its answers say is left of the running minute, and when it refuses.

Each limit is a bucket that refills steadily. Tokens read from the cache are free; of the answer, only what was really written counts.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any

from messages_cache import Clock


@dataclass(frozen=True, kw_only=True)
class Rate:
    """Limits for a minute."""

    requests: int = 10_000
    input_tokens: int = 10_000_000
    """Without those read from the cache."""
    output_tokens: int = 2_000_000
    enforced: bool = True
    """Whether a request above a limit is refused."""


GENEROUS = Rate(enforced=False)
"""The provider's highest tier; nothing is refused."""
_LIMITS = tuple(field.name for field in fields(Rate) if field.name != "enforced")


class Meter:
    """What is left of a rate."""

    def __init__(self, rate: Rate, clock: Clock) -> None:
        self.rate = rate
        self._clock = clock
        self._left = {name: float(self._most(name)) for name in _LIMITS}
        self._when = clock.now()
        self._lock = threading.Lock()

    def admit(self, usage: Mapping[str, Any]) -> float:
        """Take what a request needs; 0, or the seconds after which to ask again."""
        needs: dict[str, int] = {
            "requests": 1,
            "input_tokens": usage["input_tokens"] + usage["cache_creation_input_tokens"],
            "output_tokens": 1,
        }
        with self._lock:
            self._refill()
            wait = max((need - self._left[name]) * 60 / self._most(name) for name, need in needs.items())
            if wait > 0 and self.rate.enforced:
                return wait
            self._left["requests"] -= 1
            self._left["input_tokens"] -= needs["input_tokens"]
            return 0.0

    def written(self, tokens: int) -> None:
        """An answer had so many tokens."""
        with self._lock:
            self._refill()
            self._left["output_tokens"] -= tokens

    def headers(self) -> dict[str, str]:
        """`anthropic-ratelimit-*`, as every answer carries them."""
        with self._lock:
            self._refill()
            found: dict[str, str] = {}
            for name in _LIMITS:
                most, left = self._most(name), max(self._left[name], 0.0)
                full = datetime.fromtimestamp(math.ceil(self._when + (most - left) * 60 / most), UTC)
                stem = f"anthropic-ratelimit-{name.replace('_', '-')}"
                found |= {
                    f"{stem}-limit": str(most),
                    f"{stem}-remaining": str(int(left)),
                    f"{stem}-reset": f"{full:%Y-%m-%dT%H:%M:%SZ}",
                }
            return found

    def _most(self, name: str) -> int:
        most: int = getattr(self.rate, name)
        return most

    def _refill(self) -> None:
        now = self._clock.now()
        for name in _LIMITS:
            self._left[name] = min(self._most(name), self._left[name] + (now - self._when) * self._most(name) / 60)
        self._when = now
