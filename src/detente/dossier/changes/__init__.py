"""Changes to a dossier: overlays, the same case in other words (`restate`), what differs (`diff`).

How a path is set in a raw document is `dossier.setting`, which the checks of overlays inside a dossier use, too.
"""
