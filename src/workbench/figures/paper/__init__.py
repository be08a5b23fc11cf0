"""What figures look like in a paper: the same numbers, drawn by Matplotlib.

Every figure that a page shows holds its numbers as a face (:mod:`workbench.figures.paper.face`),
which draws them on axes of the user's own or saves them at the width of a journal's page. Colours
and type are those of the user's theme, such as seaborn's. Matplotlib is imported when a face is
drawn, so that pages do without it.
"""
