"""Changes to a dossier: paths set (`setting`), overlays, the same case in other words (`restate`), what differs
(`diff`).
"""
