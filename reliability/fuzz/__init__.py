"""Random input, one module each: ``run(tally, trials, seed, folder)`` tries so many examples."""
