"""What users add themselves: detectors, allow lists, and verdicts on false alarms."""
