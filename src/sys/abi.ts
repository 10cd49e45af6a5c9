// What differs between machines: system call numbers and open flags, for x86-64 and arm64.
//
// Calls go through libc's syscall(2), so structures have the kernel's own layout (the same on both machines, whatever
// the C library): glibc and musl differ in nothing that is used here.

/** System calls used here, x86-64 (arch/x86/entry/syscalls/syscall_64.tbl) and arm64 (include/uapi/asm-generic/unistd.h). */
const numbers = {
  close: [3, 57],
  lseek: [8, 62],
  ioctl: [16, 29],
  pread64: [17, 67],
  pwrite64: [18, 68],
  socket: [41, 198],
  sendto: [44, 206],
  getsockname: [51, 204],
  getpeername: [52, 205],
  setsockopt: [54, 208],
  getsockopt: [55, 209],
  fcntl: [72, 25],
  flock: [73, 32],
  fsync: [74, 82],
  fdatasync: [75, 83],
  ftruncate: [77, 46],
  fchdir: [81, 50],
  fchmod: [91, 52],
  fstatfs: [138, 44],
  setxattr: [188, 5],
  fsetxattr: [190, 7],
  getxattr: [191, 8],
  lgetxattr: [192, 9],
  fgetxattr: [193, 10],
  listxattr: [194, 11],
  llistxattr: [195, 12],
  flistxattr: [196, 13],
  removexattr: [197, 14],
  fremovexattr: [199, 16],
  getdents64: [217, 61],
  openat: [257, 56],
  mkdirat: [258, 34],
  mknodat: [259, 33],
  fchownat: [260, 54],
  unlinkat: [263, 35],
  linkat: [265, 37],
  symlinkat: [266, 36],
  readlinkat: [267, 78],
  fchmodat: [268, 53],
  unshare: [272, 97],
  sync_file_range: [277, 84],
  utimensat: [280, 88],
  fallocate: [285, 47],
  prlimit64: [302, 261],
  syncfs: [306, 267],
  renameat2: [316, 276],
  copy_file_range: [326, 285],
  preadv2: [327, 286],
  statx: [332, 291],
} as const satisfies Record<string, readonly [x64: number, arm64: number]>

export type SyscallName = keyof typeof numbers

const machines = ['x64', 'arm64']
const machine = machines.indexOf(process.arch)

/** True where this layer can run at all. */
export const isSupportedHost = process.platform === 'linux' && machine !== -1

/** The number of each system call on this machine. */
export const NR: Readonly<Record<SyscallName, number>> = Object.fromEntries(
  Object.entries(numbers).map(([name, pair]) => [name, pair[machine] ?? -1]),
) as Record<SyscallName, number>

// Open flags: asm-generic/fcntl.h, but arm64 swaps four of them (arch/arm64/include/uapi/asm/fcntl.h).
const isArm = process.arch === 'arm64'
export const O_DIRECT = isArm ? 0o200000 : 0o40000
export const O_DIRECTORY = isArm ? 0o40000 : 0o200000
export const O_NOFOLLOW = isArm ? 0o100000 : 0o400000
