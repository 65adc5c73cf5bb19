"""Which plan is best, and the search for it. DESIGN §5.

`rules` choose, by what `gains` are and what `objectives`, `robust` and `soonest` maximise; `solve` searches a programme
(`design.programme`) with the help of `separation` (which rows it lacks), `nearby` (better plans near a plan) and
`examiner` (whether a candidate is a plan, by way of the judge: `judging`); `designs` is what is told. Not here:
questions that take several designs (`design.questions`).
"""
