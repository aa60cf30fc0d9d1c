// Nearly every test of this folder runs the program, and many have a time limit.
@_exported import ProgramChecks
@_exported import TimeLimits
