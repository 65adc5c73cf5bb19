"""Material balances: what is missing between two inventories, and whether that is more than error. VERIFICATION.

`files` reads measurements, `area` holds them, `closing` is the whole answer; the tests are `sequential`, `differences`
and `d_statistic`, with their `power` and `run_length`; `rehearsal` draws losses.
"""
