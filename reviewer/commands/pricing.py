"""The price of a question: told before it is spent, held to --max-cost, and asked about where it is more than a little."""

from __future__ import annotations

from dataclasses import dataclass, field

from reviewer.commands.paying import ASK_ABOVE
from reviewer.config import Config
from reviewer.conversation import Price, Saying
from reviewer.errors import DeclinedError, OverBudgetError
from reviewer.questioning import Ready
from reviewer.terminal import Terminal


@dataclass(slots=True)
class Pricing:
    """Approves each request of one command."""

    config: Config
    terminal: Terminal
    expects_hit: bool = field(default=False, init=False)
    """Whether the request that was approved last should read its prefix from the cache."""
    spent: float = field(default=0.0, init=False)
    """Dollars that earlier requests of this command may have taken: a summary, before the question itself."""

    def approve(self, ready: Ready) -> None:
        """Tell the price. Raises OverBudgetError above the cap, and DeclinedError when a person says no."""
        what = "the conversation no longer fits; summarising it first: " if ready.saying is Saying.SUMMARY else ""
        self.expects_hit = ready.is_warm
        about = "about " if ready.tokens.exact is None else ""
        said = f"{what}{about}{ready.tokens.estimate:,} tokens in"
        if ready.price is None:
            self.terminal.say(f"{said}. The catalogue has no price for {ready.prompt.model}: --max-cost cannot be checked.")
            return
        self.terminal.say(f"{said}, {price_text(ready.price, is_warm=ready.is_warm)}")
        most = self.spent + ready.price.most
        if most > self.config.max_cost:
            raise OverBudgetError(
                f"the answer could cost ${most:,.2f}, and at most ${self.config.max_cost:,.2f} may be spent; nothing was sent",
                hint="Raise --max-cost, or lower --max-output.",
            )
        likely = ready.price.cached_most if ready.is_warm else ready.price.most
        if (
            likely > ASK_ABOVE
            and not self.config.yes
            and self.terminal.can_ask
            and not self.terminal.ask(f"Spend up to ${likely:,.2f}?")
        ):
            raise DeclinedError("nothing was sent")
        self.spent = most


def price_text(price: Price, *, is_warm: bool) -> str:
    """The price in a few words, the likelier of two first; one figure where the cache makes no difference."""
    cached, fresh, most = (f"${dollars:,.2f}" for dollars in (price.cached, price.fresh, price.most))
    if cached == fresh:
        usual = f"about {cached}"
    elif is_warm:
        usual = f"about {cached} while the cache holds, {fresh} when it does not"
    else:
        usual = f"about {fresh}, or {cached} if the cache still holds"
    return f"{usual}; at most {most}"
