// Nearly every test of this folder runs the program.
@_exported import ProgramChecks
