// Landlock: the kernel restricts the process to given folders.
#define _GNU_SOURCE  // O_PATH
#include "confinement.h"

#ifdef __linux__

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// Uses the kernel's interface without its headers, which are often older than the kernel.
struct ruleset {
    uint64_t files, network, scope;
};

struct rule {
    uint64_t allowed;
    int32_t parent;
} __attribute__((packed));

enum {
    WRITE_FILE = 1 << 1, READ_FILE = 1 << 2, READ_FOLDER = 1 << 3, REMOVE_FILE = 1 << 5, MAKE_FILE = 1 << 8,
    TRUNCATE = 1 << 14
};

static const uint64_t for_files = WRITE_FILE | READ_FILE | TRUNCATE;

#if defined(SYS_landlock_create_ruleset) && defined(SYS_landlock_add_rule) && defined(SYS_landlock_restrict_self)

static long version(void) { return syscall(SYS_landlock_create_ruleset, NULL, 0, 1U); }

// The rights over files that this kernel knows; each version added one.
static uint64_t known(long version) {
    int count = version >= 5 ? 16 : version >= 3 ? 15 : version >= 2 ? 14 : 13;
    return (UINT64_C(1) << count) - 1;
}

int32_t cf_folders_new(void) {
    long v = version();
    if (v < 1) return -1;
    // From version 4 on also no TCP; from version 6 on no signals to other processes and none of their abstract
    // sockets.
    struct ruleset attributes = {known(v), v >= 4 ? 3 : 0, v >= 6 ? 3 : 0};
    size_t size = v >= 6 ? 24 : v >= 4 ? 16 : 8;
    return (int32_t)syscall(SYS_landlock_create_ruleset, &attributes, size, 0);
}

bool cf_folders_allow(int32_t folders, const char *path, bool writing) {
    struct rule rule = {READ_FILE | READ_FOLDER, open(path, O_PATH | O_CLOEXEC)};
    if (rule.parent < 0) return false;
    if (writing) rule.allowed |= WRITE_FILE | REMOVE_FILE | MAKE_FILE | TRUNCATE;
    rule.allowed &= known(version());
    struct stat status;
    if (fstat(rule.parent, &status) == 0 && !S_ISDIR(status.st_mode)) rule.allowed &= for_files;
    long result = syscall(SYS_landlock_add_rule, folders, 1, &rule, 0);
    close(rule.parent);
    return result == 0;
}

bool cf_folders_enforce(int32_t folders) {
    long result = syscall(SYS_landlock_restrict_self, folders, 0);
    close(folders);
    return result == 0;
}

#define CF_HAS_LANDLOCK
#endif
#endif

#ifndef CF_HAS_LANDLOCK
int32_t cf_folders_new(void) { return -1; }

bool cf_folders_allow(int32_t folders, const char *path, bool writing) {
    (void)folders, (void)path, (void)writing;
    return false;
}

bool cf_folders_enforce(int32_t folders) {
    (void)folders;
    return false;
}
#endif
