"""Files: safe reading and writing, YAML, checkpoints."""
