"""What Boxwright does, one module per verb: `verb(workspace, options, reporter, *, stop=None) -> result`.

Command line, jobs, daemon and plugin call these functions, and `import boxwright` offers them. Importing a module of
this package loads neither TensorFlow nor pandas; calling a verb may.
"""
