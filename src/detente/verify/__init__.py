"""What can be checked: declarations, material balances, inspections, and how much verification a deal needs."""
