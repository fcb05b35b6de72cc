"""Every target, by its name."""

from __future__ import annotations

from targets import changes, configuration, events, grounding, ignoring, markdown, redaction, reply

TARGETS = {
    module.TARGET.name: module.TARGET
    for module in (reply, grounding, changes, ignoring, configuration, markdown, redaction, events)
}
