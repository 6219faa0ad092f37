"""Files of a user: images, tables, labels, and the formats of labelling tools.

What is read here becomes plain values: arrays, names and labels. No strategy is here.
"""
