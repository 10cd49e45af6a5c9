// Numbers of the 9P protocol, with the names that Linux has for them (include/net/9p/9p.h) less the P9_ prefix.

/** Tversion's tag, and the oldtag of nothing. */
export const NOTAG = 0xffff
/** No fid: Tattach's afid without authentication. */
export const NOFID = 0xffff_ffff
/** Nobody in particular attaches; objects created through such a fid get no owner recorded. */
export const NONUNAME = 0xffff_ffff
/** Most elements of one Twalk. */
export const MAXWELEM = 16
/** size[4] type[1] tag[2], before every body. */
export const HEADER_SIZE = 7
/** Header and count, before the payload of Rread and Rreaddir. */
export const PAYLOAD_HEADER_SIZE = 11
/** What Linux subtracts from msize for the most bytes of one Tread, Twrite or Treaddir. */
export const IOHDRSZ = 24
/** The smallest msize that Linux accepts in Rversion. */
export const LEAST_MSIZE = 4096
/** What newer Linux has room for in the replies to Treadlink and Tstat, whatever msize is (p9_msg_buf_size). */
export const TEXT_REPLY_MAX = 8192

export const QID_DIR = 0x80
export const QID_SYMLINK = 0x02
export const QID_FILE = 0

export const GETATTR_MODE = 0x1
export const GETATTR_NLINK = 0x2
export const GETATTR_UID = 0x4
export const GETATTR_GID = 0x8
export const GETATTR_RDEV = 0x10
export const GETATTR_ATIME = 0x20
export const GETATTR_MTIME = 0x40
export const GETATTR_CTIME = 0x80
export const GETATTR_INO = 0x100
export const GETATTR_SIZE = 0x200
export const GETATTR_BLOCKS = 0x400
export const GETATTR_BTIME = 0x800
export const GETATTR_GEN = 0x1000
export const GETATTR_DATA_VERSION = 0x2000
/** Everything up to BLOCKS: what stat(2) shows. */
export const GETATTR_BASIC = 0x7ff
export const GETATTR_ALL = 0x3fff

export const SETATTR_MODE = 0x1
export const SETATTR_UID = 0x2
export const SETATTR_GID = 0x4
export const SETATTR_SIZE = 0x8
export const SETATTR_ATIME = 0x10
export const SETATTR_MTIME = 0x20
export const SETATTR_CTIME = 0x40
export const SETATTR_ATIME_SET = 0x80
export const SETATTR_MTIME_SET = 0x100

/** Flags of Tlopen and Tlcreate (P9_DOTL_*): x86 Linux's values, fixed for every architecture. */
export const DOTL_RDONLY = 0o0
export const DOTL_WRONLY = 0o1
export const DOTL_RDWR = 0o2
export const DOTL_NOACCESS = 0o3
export const DOTL_CREATE = 0o100
export const DOTL_EXCL = 0o200
export const DOTL_NOCTTY = 0o400
export const DOTL_TRUNC = 0o1000
export const DOTL_APPEND = 0o2000
export const DOTL_NONBLOCK = 0o4000
export const DOTL_DSYNC = 0o10000
export const DOTL_FASYNC = 0o20000
export const DOTL_DIRECT = 0o40000
export const DOTL_LARGEFILE = 0o100000
export const DOTL_DIRECTORY = 0o200000
export const DOTL_NOFOLLOW = 0o400000
export const DOTL_NOATIME = 0o1000000
export const DOTL_CLOEXEC = 0o2000000
export const DOTL_SYNC = 0o4000000

/** Tunlinkat's only flag. */
export const AT_REMOVEDIR = 0x200

export const LOCK_TYPE_RDLCK = 0
export const LOCK_TYPE_WRLCK = 1
export const LOCK_TYPE_UNLCK = 2
export const LOCK_SUCCESS = 0
export const LOCK_BLOCKED = 1
export const LOCK_ERROR = 2
export const LOCK_GRACE = 3
export const LOCK_FLAGS_BLOCK = 1
export const LOCK_FLAGS_RECLAIM = 2

export const XATTR_CREATE = 1
export const XATTR_REPLACE = 2

/** Tcreate's perm and a stat record's mode: DM_* above the nine permission bits (P9_DM*). */
export const DMDIR = 0x8000_0000
export const DMSYMLINK = 0x0200_0000
export const DMLINK = 0x0100_0000
export const DMDEVICE = 0x0080_0000
export const DMNAMEDPIPE = 0x0020_0000
export const DMSOCKET = 0x0010_0000
export const DMSETUID = 0x0008_0000
export const DMSETGID = 0x0004_0000
export const DMSETVTX = 0x0001_0000

/** Mode byte of Topen and Tcreate (P9_O*). */
export const OREAD = 0
export const OWRITE = 1
export const ORDWR = 2
export const OEXEC = 3
export const OTRUNC = 0x10
export const OAPPEND = 0x80
/** QEMU's own bit: P9_OEXCL, 0x1000, does not fit the byte. */
export const OEXCL = 0x04
