"""Who would gain by what deviation from a plan, and when: all conditions with values, as rows of keep and deviate.

`weighing` is the door, and lists the kinds of conditions in their order. Each kind is a file (`consent`, `breakout`,
`covert`, `exposure`, `lapses` with `pausing`, `forgiving`): a class that says which families of it a plan has, and
weighs the rows of one. All read one `PlanValues` and change nothing; what has been valued is kept in its `Streams`.
What happens on a path is not said here: `judge.paths`.
"""
