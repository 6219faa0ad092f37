"""Parameters, warnings and errors, seeds, files, HTML pages, and the format of a saved model.

Nothing here knows what a sample, a rule or a network is.
"""
