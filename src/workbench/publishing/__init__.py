"""From the pages of a batch to a web site, and back: what was published is made again and compared.

:func:`workbench.publishing.publish.publish` makes a site, :mod:`workbench.publishing.verifying`
makes its numbers again.
"""
