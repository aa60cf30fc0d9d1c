#pragma once
#include <cblas.h>
#include <stddef.h>

// LAPACK, which OpenBLAS's library carries but its C header does not declare. Matrices are column-major. The last
// arguments are the lengths of the character arguments, as Fortran compilers pass them.
void dgetrf_(const int *m, const int *n, double *a, const int *lda, int *pivots, int *info);
void dgetri_(const int *n, double *a, const int *lda, const int *pivots, double *work, const int *lwork, int *info);
void dgetrs_(const char *trans, const int *n, const int *columns, const double *a, const int *lda, const int *pivots,
             double *b, const int *ldb, int *info, size_t);
void dpotrf_(const char *uplo, const int *n, double *a, const int *lda, int *info, size_t);
void dgeqrf_(const int *m, const int *n, double *a, const int *lda, double *tau, double *work, const int *lwork,
             int *info);
void dorgqr_(const int *m, const int *n, const int *k, double *a, const int *lda, const double *tau, double *work,
             const int *lwork, int *info);
void dgesdd_(const char *job, const int *m, const int *n, double *a, const int *lda, double *s, double *u,
             const int *ldu, double *vt, const int *ldvt, double *work, const int *lwork, int *iwork, int *info,
             size_t);
void dsyevd_(const char *job, const char *uplo, const int *n, double *a, const int *lda, double *w, double *work,
             const int *lwork, int *iwork, const int *liwork, int *info, size_t, size_t);

// The table of loops that OpenBLAS works with. Its library has these names on x86 where it chooses among processors.
#if defined(__linux__) && defined(__x86_64__)
#include <stdlib.h>
extern void *gotoblas __attribute__((weak));
extern void gotoblas_dynamic_init(void) __attribute__((weak));

// Has OpenBLAS choose again, as if OPENBLAS_CORETYPE were `name`; the variable must not be set. Nothing of OpenBLAS's
// may run meanwhile. Returns what it had chosen before; NULL, and nothing done, where it cannot choose.
static inline void *ob_choose_core(const char *name) {
    if (!&gotoblas || !gotoblas_dynamic_init || !gotoblas) return NULL;
    void *before = gotoblas;
    if (setenv("OPENBLAS_CORETYPE", name, 1) != 0) return NULL;
    gotoblas = NULL;
    gotoblas_dynamic_init();
    unsetenv("OPENBLAS_CORETYPE");
    if (!gotoblas) gotoblas = before;
    return before;
}
static inline void ob_restore_core(void *before) { gotoblas = before; }
#else
static inline void *ob_choose_core(const char *name) {
    (void)name;
    return (void *)0;
}
static inline void ob_restore_core(void *before) { (void)before; }
#endif
