"""Nested parameters, warnings and errors, seeds, files, and the format of a saved model.

Nothing here knows what a sample, a rule or a network is.
"""
