"""The package that answers a person's request: a copy of what is held about them (GDPR Art. 15) or
what they may take elsewhere (Art. 20).

What each room does: `model` the values that meet here, `disclosure` what the configuration says of
each system, `treatment` what of an item may go in, `redaction` and `messages` how other people are
blacked out, `tables`, `workbook`, `page` and `person` the forms the data takes, `bag` the
container, `build` all of it in order, `check` whether a package is what it says, `seal` encryption.
"""
