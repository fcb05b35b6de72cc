"""A Snapshot and a catalogue in, a Plan out: model, window, tokens, dollars."""
