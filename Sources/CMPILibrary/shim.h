// Whose flags pkg-config gives: Open MPI's or MPICH's. Only CMPI includes mpi.h, whose constants are macros and casts.
