// What a conversion costs when nothing but its system calls is done: the calls that `virtfs convert` makes for each object,
// in the same order, by one thread. It converts the trees of bench/mapped-tree.ts (directories, regular files and link
// files, nothing else) and stops at the first surprise: no selection, no journal, no second names, no gate.
//
//   floor to-passthrough TREE
//   floor to-mapped-xattr TREE
//
// As in virtfs, everything is looked at once before anything is changed, and again when its turn comes; what becomes another
// kind of object is made in a directory of its own and exchanged into place; and all is on the disk before it is over.

#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define STAGING ".virtfs_convert"
#define STAGED "object"
#define TARGET_MAX 4095
/** Permissions of what is mapped, which the guest does not see. */
#define MAPPED_FILE_MODE 0600
#define MAPPED_DIRECTORY_MODE 0700

/** What a guest owns, as four bytes each, least significant first: this machine's order on those that virtfs runs on. */
enum { UID, GID, MODE, MEMBERS };
static const char *const attributes[MEMBERS] = {"user.virtfs.uid", "user.virtfs.gid", "user.virtfs.mode"};

/** An object that was looked at. */
struct object {
    /** An open directory, and the name in it. */
    int directory;
    const char *name;
    struct statx host;
    uint32_t guest[MEMBERS];
};

/** A way to convert: what is read of an object in either pass, and what is then done to it. */
struct direction {
    const char *name;
    void (*look)(struct object *object);
    void (*change)(const struct object *object);
};

/** /proc/self/fd, and where new objects are made. */
static int descriptors;
static int staging;
/** Whom what is mapped belongs to. */
static uid_t user;
static gid_t group;
/** Where the symlink that was last looked at leads. */
static char target[TARGET_MAX + 1];

/** Passes the result of a system call through; ends the program where it failed. */
static long must(long result, const char *what, const char *name)
{
    if (result >= 0) return result;
    fprintf(stderr, "floor: Cannot %s \"%s\": %s\n", what, name, strerror(errno));
    exit(1);
}

static _Noreturn void refuse(const char *name)
{
    fprintf(stderr, "floor: Cannot convert \"%s\": this is no tree of the benchmark\n", name);
    exit(1);
}

static int open_path(int directory, const char *name)
{
    return must(openat(directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY), "open", name);
}

/** Opens a directory to be listed; its time of access stays. */
static int open_directory(int directory, const char *name)
{
    const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NOATIME | O_CLOEXEC;
    return must(openat(directory, name, flags), "open", name);
}

/** Opens the object of an O_PATH descriptor for reading. */
static int reopen(int handle)
{
    char number[16];
    snprintf(number, sizeof number, "%d", handle);
    return must(openat(descriptors, number, O_RDONLY | O_NOATIME | O_CLOEXEC | O_NOCTTY | O_NONBLOCK), "open", number);
}

static void stat_name(int directory, const char *name, struct statx *into)
{
    must(statx(directory, name, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS | STATX_BTIME, into), "stat", name);
}

static void stat_handle(int handle, struct statx *into)
{
    must(statx(handle, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME, into), "stat", "a handle");
}

static void set_owner(int handle, uid_t uid, gid_t gid)
{
    must(fchownat(handle, "", uid, gid, AT_EMPTY_PATH), "set owner of", "a handle");
}

static void set_times(int handle, const struct statx *host)
{
    const struct timespec times[] = {
        {.tv_sec = host->stx_atime.tv_sec, .tv_nsec = host->stx_atime.tv_nsec},
        {.tv_sec = host->stx_mtime.tv_sec, .tv_nsec = host->stx_mtime.tv_nsec},
    };
    must(utimensat(handle, "", times, AT_EMPTY_PATH), "set times of", "a handle");
}

/** Opens an object that was looked at, and is the same still; the caller closes it. */
static int open_same(const struct object *object)
{
    struct statx host;
    const int handle = open_path(object->directory, object->name);
    stat_handle(handle, &host);
    if (host.stx_ino != object->host.stx_ino) refuse(object->name);
    return handle;
}

/** Puts what was made in the staging directory where the object is, and removes the object. */
static void exchange(const struct object *object)
{
    struct statx old;
    must(renameat2(staging, STAGED, object->directory, object->name, RENAME_EXCHANGE), "exchange", object->name);
    stat_name(staging, STAGED, &old);
    if (old.stx_ino != object->host.stx_ino) refuse(object->name);
    must(unlinkat(staging, STAGED, 0), "remove", STAGED);
}

// To passthrough

static void read_target(const struct object *object)
{
    if (object->host.stx_size > TARGET_MAX) refuse(object->name);
    const int handle = open_same(object);
    const int file = reopen(handle);
    const ssize_t length = must(pread(file, target, object->host.stx_size, 0), "read", object->name);
    target[length] = '\0';
    close(file);
    close(handle);
}

static void look_at_mapped(struct object *object)
{
    char names[1024];
    stat_name(object->directory, object->name, &object->host);
    must(llistxattr(object->name, names, sizeof names), "list attributes of", object->name);
    for (int member = 0; member < MEMBERS; member++) {
        uint32_t *value = &object->guest[member];
        const ssize_t length = lgetxattr(object->name, attributes[member], value, sizeof *value);
        if (must(length, "read attributes of", object->name) != sizeof *value) refuse(object->name);
    }
    if (S_ISLNK(object->guest[MODE])) read_target(object);
}

static void to_symlink(const struct object *object)
{
    struct statx made;
    must(symlinkat(target, staging, STAGED), "make symlink", STAGED);
    const int handle = open_path(staging, STAGED);
    stat_handle(handle, &made);
    set_owner(handle, object->guest[UID], object->guest[GID]);
    set_times(handle, &object->host);
    close(handle);
    exchange(object);
}

static void to_passthrough(const struct object *object)
{
    const int handle = open_same(object);
    const int file = reopen(handle);
    if (S_ISLNK(object->guest[MODE])) {
        to_symlink(object);
    } else {
        set_owner(handle, object->guest[UID], object->guest[GID]);
        must(fchmod(file, object->guest[MODE] & 07777), "set mode of", object->name);
        for (int member = 0; member < MEMBERS; member++)
            must(fremovexattr(file, attributes[member]), "remove attribute of", object->name);
    }
    close(file);
    close(handle);
}

// To mapped-xattr

static void look_at_real(struct object *object)
{
    char names[1024];
    stat_name(object->directory, object->name, &object->host);
    // A symlink has no attributes of ours.
    if (!S_ISLNK(object->host.stx_mode)) {
        const ssize_t length = llistxattr(object->name, names, sizeof names);
        if (must(length, "list attributes of", object->name) > 0) refuse(object->name);
    }
    object->guest[UID] = object->host.stx_uid;
    object->guest[GID] = object->host.stx_gid;
    object->guest[MODE] = object->host.stx_mode;
}

static void store(int file, const struct object *object)
{
    for (int member = 0; member < MEMBERS; member++) {
        const uint32_t *value = &object->guest[member];
        must(fsetxattr(file, attributes[member], value, sizeof *value, 0), "set attribute of", object->name);
    }
}

static void to_link_file(const struct object *object)
{
    const int handle = open_path(object->directory, object->name);
    const ssize_t length = must(readlinkat(handle, "", target, sizeof target), "read symlink", object->name);
    close(handle);
    const int flags = O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    const int file = must(openat(staging, STAGED, flags, MAPPED_FILE_MODE), "make", STAGED);
    if (must(pwrite(file, target, length, 0), "write", STAGED) != length) refuse(object->name);
    store(file, object);
    must(fchmod(file, MAPPED_FILE_MODE), "set mode of", STAGED);
    set_times(file, &object->host);
    close(file);
    exchange(object);
}

static void to_mapped_xattr(const struct object *object)
{
    const int handle = open_same(object);
    if (S_ISLNK(object->host.stx_mode)) {
        to_link_file(object);
    } else {
        const int file = reopen(handle);
        const mode_t mode = S_ISDIR(object->host.stx_mode) ? MAPPED_DIRECTORY_MODE : MAPPED_FILE_MODE;
        store(file, object);
        must(fchmod(file, mode), "set mode of", object->name);
        set_owner(handle, user, group);
        close(file);
    }
    close(handle);
}

// Passing through the tree

static const struct direction directions[] = {
    {"to-passthrough", look_at_mapped, to_passthrough},
    {"to-mapped-xattr", look_at_real, to_mapped_xattr},
};

/** Makes a directory the one that names without a directory are looked up in: attributes have no other way. */
static void enter(int directory)
{
    must(fchdir(directory), "enter", "a directory");
}

/** What was made in a directory, and where it was made, has changed its times. */
static void restore_times(const struct object *object)
{
    const int handle = open_same(object);
    set_times(handle, &object->host);
    close(handle);
}

static void pass_below(int directory, const struct direction *direction, bool is_changing);

/** Looks at an object and, in the second pass, changes it: a directory after everything below it. */
static void pass(int directory, const char *name, const struct direction *direction, bool is_changing)
{
    struct object object = {.directory = directory, .name = name};
    direction->look(&object);
    if (S_ISDIR(object.host.stx_mode) && strcmp(name, ".") != 0) {
        const int below = open_directory(directory, name);
        pass_below(below, direction, is_changing);
        close(below);
        enter(directory);
    }
    if (!is_changing) return;
    direction->change(&object);
    if (S_ISDIR(object.host.stx_mode)) restore_times(&object);
}

static void pass_below(int directory, const struct direction *direction, bool is_changing)
{
    _Alignas(struct dirent64) char listing[32768];
    ssize_t length;
    enter(directory);
    while ((length = must(getdents64(directory, listing, sizeof listing), "list", "a directory")) > 0) {
        const struct dirent64 *entry;
        for (ssize_t at = 0; at < length; at += entry->d_reclen) {
            entry = (const struct dirent64 *)(listing + at);
            const char *name = entry->d_name;
            if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strcmp(name, STAGING) == 0) continue;
            pass(directory, name, direction, is_changing);
        }
    }
}

static void convert(const char *path, const struct direction *direction)
{
    struct object root = {.name = "."};
    root.directory = open_directory(AT_FDCWD, path);
    descriptors = must(open("/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC), "open", "/proc/self/fd");
    user = geteuid();
    group = getegid();
    pass_below(root.directory, direction, false);
    stat_name(root.directory, ".", &root.host);
    must(mkdirat(root.directory, STAGING, 0700), "make directory", STAGING);
    staging = must(openat(root.directory, STAGING, O_PATH | O_DIRECTORY | O_CLOEXEC), "open", STAGING);
    must(lseek(root.directory, 0, SEEK_SET), "list", path);
    pass_below(root.directory, direction, true);
    pass(root.directory, ".", direction, true);
    must(syncfs(root.directory), "synchronise", path);
    must(unlinkat(root.directory, STAGING, AT_REMOVEDIR), "remove directory", STAGING);
    restore_times(&root);
}

int main(int count, char **arguments)
{
    for (size_t way = 0; count == 3 && way < sizeof directions / sizeof directions[0]; way++) {
        if (strcmp(arguments[1], directions[way].name) != 0) continue;
        convert(arguments[2], &directions[way]);
        return 0;
    }
    fprintf(stderr, "Usage: floor to-passthrough|to-mapped-xattr TREE\n");
    return 2;
}
