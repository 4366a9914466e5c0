"""HTML reports: one base template, one style, plots as SVG, and how numbers are written."""
