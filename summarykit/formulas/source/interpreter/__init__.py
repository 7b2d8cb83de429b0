"""The interpreter of constructors: reads their code on known, free and unknown values, and runs none of it.

Statements, expressions and calls need each other: a call reads the statements of the function it calls. They are
modules that import none of the others; ``Interpreter`` binds them together and is the first argument of each function.
"""
