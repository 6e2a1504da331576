"""Where it runs: chunk plan, execution, result store, resumable studies."""
