"""The words of the system: values, typed ids, rules, filters, errors; no I/O."""
