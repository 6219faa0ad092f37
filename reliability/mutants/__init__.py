"""Small faults in the code itself, and whether the tests find them.

`mutations` makes them with the operators of mutmut, `groups` says of which modules and by which
tests they are to be found, `warm` is the process that runs these tests, `survival` counts.
"""
