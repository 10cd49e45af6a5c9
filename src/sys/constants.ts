// Kernel constants that are the same on every machine we run on; each group names its header.

// include/uapi/asm-generic/fcntl.h (the three that differ by machine are in abi.ts)
export { O_DIRECT, O_DIRECTORY, O_NOFOLLOW } from './abi.js'
export const O_RDONLY = 0
export const O_WRONLY = 1
export const O_RDWR = 2
export const O_ACCMODE = 3
export const O_CREAT = 0o100
export const O_EXCL = 0o200
export const O_NOCTTY = 0o400
export const O_TRUNC = 0o1000
export const O_APPEND = 0o2000
export const O_NONBLOCK = 0o4000
export const O_DSYNC = 0o10000
export const O_NOATIME = 0o1000000
export const O_CLOEXEC = 0o2000000
export const O_SYNC = 0o4010000
export const O_PATH = 0o10000000

// include/uapi/linux/fcntl.h
export const AT_FDCWD = -100
export const AT_SYMLINK_NOFOLLOW = 0x100
export const AT_REMOVEDIR = 0x200
export const AT_SYMLINK_FOLLOW = 0x400
export const AT_EMPTY_PATH = 0x1000
export const RENAME_NOREPLACE = 1
export const RENAME_EXCHANGE = 2

// include/uapi/linux/stat.h
export const S_IFMT = 0o170000
export const S_IFSOCK = 0o140000
export const S_IFLNK = 0o120000
export const S_IFREG = 0o100000
export const S_IFBLK = 0o060000
export const S_IFDIR = 0o040000
export const S_IFCHR = 0o020000
export const S_IFIFO = 0o010000
export const S_ISUID = 0o4000
export const S_ISGID = 0o2000
export const S_ISVTX = 0o1000
export const S_IXGRP = 0o010
export const UTIME_NOW = 0x3fffffff
export const UTIME_OMIT = 0x3ffffffe

// include/uapi/linux/xattr.h
export const XATTR_CREATE = 1
export const XATTR_REPLACE = 2
export const XATTR_SIZE_MAX = 65536
export const XATTR_LIST_MAX = 65536

// include/uapi/asm-generic/fcntl.h: kinds of POSIX lock
export const F_RDLCK = 0
export const F_WRLCK = 1
export const F_UNLCK = 2

// include/linux/socket.h, include/linux/net.h, and include/uapi/asm-generic/socket.h, which x86-64 and arm64 share
export const AF_UNIX = 1
export const AF_INET = 2
export const AF_INET6 = 10
export const SOCK_STREAM = 1
export const SOCK_DGRAM = 2
export const SOCK_CLOEXEC = O_CLOEXEC
export const SOL_SOCKET = 1
export const SO_TYPE = 3
export const SO_PEERCRED = 17
export const SO_SNDTIMEO = 21
export const SO_ACCEPTCONN = 30
export const SO_DOMAIN = 39
export const MSG_DONTWAIT = 0x40
export const MSG_NOSIGNAL = 0x4000

// include/uapi/linux/limits.h
export const NAME_MAX = 255
