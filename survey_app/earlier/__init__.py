"""Files of surveys of earlier years: opened, their columns matched, their faults in words."""
