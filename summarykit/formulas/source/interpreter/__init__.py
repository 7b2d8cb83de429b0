"""The interpreter of constructors: it reads their code on known, free and unknown values, and runs none of it."""
