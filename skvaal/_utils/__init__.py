"""Nested parameters, warnings and errors, seeds, and the file format of a saved model.

Nothing here knows what a sample, a rule or a network is.
"""
