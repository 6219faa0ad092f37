"""Labelling rounds in a folder: what was asked, what came back, and where it stands."""
