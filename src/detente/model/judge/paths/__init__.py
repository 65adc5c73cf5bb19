"""What happens in time on a path, and what that is worth to a party.

`branches` says what a path is made of (`later`: exits after a breach is known; `secrecy`: what is faked together);
`values` adds up what enters on it, as seen from its moments (`views`), less what an `interruption` takes, with
`interactions` and the `aftermath`. `lapses` are breaches that are answered and cured: `pausing` says what they, and the
pause, change of these values, by what is lost in `hiding`. Who would gain by taking a path is
not said here: `judge.weighing`.
"""
