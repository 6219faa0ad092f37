"""When to stop labelling.

Rules are small objects with parameters. ``update`` shows a rule the learner of each round, and
returns whether to stop; what the rule remembers of earlier rounds is its fitted state. Curves and
their extrapolation are plain functions, which the status of a project reads, too.

Nothing here chooses samples or plays rounds.
"""
