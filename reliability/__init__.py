"""Faults on purpose, and what skvaal makes of them: ``python -m reliability --help``.

`faults` holds one module for each kind of fault, `fuzz` one for each kind of input; `mutants` puts
faults into the code itself. Each trial ends in an outcome of `tally`. `figures` writes the figures
and the tables of ``docs/reliability.md``.
"""
