"""Which samples to label next, and why, in words: inputs, a task model, a strategy, reasons."""
