"""Benchmarks, one file each. Every figure stands beside one that was measured in the same rounds."""
