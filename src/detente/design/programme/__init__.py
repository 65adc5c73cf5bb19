"""What a plan may be, as a mixed-integer programme that grows: columns, order, requirements, valued rows.

Here: linear functions of columns, the matrix that HiGHS holds and its solves, what each column stands for, and the rows
on order, requirements and values that a question puts on a plan. Not here: which plan is best, and how it is found
(`design.plan`); what rows are (`model.rows`).
"""
