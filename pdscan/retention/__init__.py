"""How long what is kept: rules with their laws, the dates that follow from them, legal holds."""
