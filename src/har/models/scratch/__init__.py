"""A neural network in pure Python: the standard library and nothing under it.

To be read in one sitting, in this order: `vectors`, `initialisers`, `layers`, `losses`, `network`, `optimisers`,
`schedules`, `metrics`, `training`, `files`. docs/scratch.md walks through it. The folder is a package of its own: it
imports nothing of the project, and Python without any installed package can run it.

Shapes in brackets: `[n, k]` is n rows of k numbers, one row a window. What is wrong with an input is a `ValueError`
that says what and where; rows and columns count from 0.
"""
