"""Every cent counted: what each request cost, what may still be spent, what routing saved."""
