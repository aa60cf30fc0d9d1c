// Nearly every test here runs the program.
@_exported import ProgramChecks
