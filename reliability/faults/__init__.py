"""Faults, one module each: ``run(tally, trials, seed, folder)`` makes one `trials` times."""
