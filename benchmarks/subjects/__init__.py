"""Problems that benchmarks and tests measure on: generated with fixed seeds, nothing copied."""
