"""Settings as frozen data: classes and arguments, JSON, overrides, schedules, budgets."""
