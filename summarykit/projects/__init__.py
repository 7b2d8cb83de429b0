"""The models that a pyproject.toml names: build them, compare them, check them against limits and locks."""
