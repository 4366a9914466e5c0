"""Commands about fairness: audit groups, the audit, and how well the gate finds what is unfair."""
