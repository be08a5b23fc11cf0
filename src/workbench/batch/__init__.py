"""The batch: report notebooks run for every organisation, each in a process of its own.

:func:`workbench.batch.run.run_batch` makes the pages of a whole study.
"""
