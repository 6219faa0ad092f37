"""Rules: how a batch is chosen from candidates, given scores, coordinates and uncertainty.

A rule declares what it reads, and asks a :class:`~skvaal._rules.rule.Candidates` for no more.
How scores and coordinates are computed is not known here; nothing here imports torch.
"""
