"""From a block of text to judged findings, on columns."""
