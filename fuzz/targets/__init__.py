"""What each fuzzer does with the bytes it is given: one module a target, by name in `TARGETS`."""
