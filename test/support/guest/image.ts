// What a guest boots: the kernel without its compression, and a root file system of busybox, Debian's attribute tools
// and ls, perl and the modules of 9p and virtiofs. Both are kept in .cache/guest under a hash of what they were made from.

import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { NewcArchive } from './newc.js'
import { guestCache, guestPrograms } from './project.js'
import type { GuestTools } from './requirements.js'

/** Paths of the two files that QEMU is given. */
export interface GuestImage {
  readonly kernel: string
  readonly initramfs: string
}

/** Loaded with all they depend on; a kernel that has one built in shows nothing to load for it. */
const modules = ['virtio_pci', 'virtio_console', '9p', '9pnet_virtio', '9pnet_fd', 'virtio_net', 'overlay', 'virtiofs']

/** Directories of perl-base that hold only tables for Unicode properties. */
const isNeeded = (path: string): boolean => !path.includes('/unicore/')

const hashOf = (content: Buffer): string => createHash('sha256').update(content).digest('hex').slice(0, 16)

/** Writes a file under a name that says what it holds; another process doing the same writes the same bytes. */
function keep(name: string, content: () => Buffer): string {
  const path = join(guestCache, name)
  if (existsSync(path)) return path
  const unfinished = `${path}.${process.pid}`
  writeFileSync(unfinished, content())
  renameSync(unfinished, path)
  return path
}

/** Builds what is not in the cache yet. */
export function buildImage(tools: GuestTools): GuestImage {
  const archive = rootFileSystem(tools)
  return {
    kernel: uncompressedKernel(tools),
    initramfs: keep(`initramfs-${hashOf(archive)}.cpio`, () => archive),
  }
}

const xzMagic = Buffer.from('fd377a585a00', 'hex')
const elfMagic = Buffer.from('7f454c46', 'hex')

/**
 * Takes the ELF image out of an xz-compressed bzImage, as the kernel's scripts/extract-vmlinux does: QEMU starts it
 * directly (PVH), which saves emulated decompression, half of the boot. Any other kernel is booted as it is.
 */
function uncompressedKernel({ kernel, programs }: GuestTools): string {
  const bzImage = readFileSync(kernel.image)
  const at = bzImage.indexOf(xzMagic)
  if (at < 0) return kernel.image
  return keep(`vmlinux-${kernel.release}-${hashOf(bzImage)}`, () => {
    // From a file: xz does not read what lies behind the stream, and whoever writes it into a pipe may get EPIPE.
    const elf = fromFile(bzImage.subarray(at), (stdin) =>
      execFileSync(programs.xz, ['--decompress', '--stdout', '--single-stream', '--quiet'], {
        stdio: [stdin, 'pipe', 'inherit'],
        maxBuffer: 2 ** 29,
      }),
    )
    if (!elf.subarray(0, 4).equals(elfMagic)) throw new Error(`Cannot extract "${kernel.image}": no ELF image inside`)
    return elf
  })
}

/** Lends `use` a descriptor from which `content` can be read. */
function fromFile<T>(content: Buffer, use: (descriptor: number) => T): T {
  const path = join(guestCache, `stdin.${process.pid}`)
  writeFileSync(path, content)
  const descriptor = openSync(path, 'r')
  unlinkSync(path)
  try {
    return use(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

function rootFileSystem(tools: GuestTools): Buffer {
  const { programs } = tools
  const archive = new NewcArchive()
  for (const directory of ['proc', 'sys', 'dev', 'tmp', 'run', 'mnt', 'root']) archive.directory(directory)
  archive.characterDevice('dev/console', 5, 1)
  archive.file('init', readFileSync(join(guestPrograms, 'init.sh')))
  archive.file('agent', readFileSync(join(guestPrograms, 'agent.pl')))
  archive.file('etc/passwd', Buffer.from('root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n'), 0o644)
  archive.file('etc/group', Buffer.from('root:x:0:\nnogroup:x:65534:\n'), 0o644)

  const added = ['getfattr', 'setfattr', 'getfacl', 'setfacl', 'ls', 'perl'] as const
  for (const name of added) archive.file(`usr/bin/${name}`, readFileSync(programs[name]))
  archive.file('bin/busybox', readFileSync(programs.busybox))
  // busybox has programs of these names that know less; who means GNU's says so.
  const gnu = ['df', 'du', 'find'] as const
  for (const name of gnu) archive.file(`usr/gnu/${name}`, readFileSync(programs[name]))
  for (const library of librariesOf(tools, [...added, 'busybox', ...gnu])) archive.file(library, readFileSync(library))
  for (const file of perlBase(programs.perl)) archive.file(file, readFileSync(file), 0o644)
  moduleFiles(tools).forEach((file, index) => {
    const name = `${String(index).padStart(2, '0')}-${basename(file).replace(/\.(xz|zst)$/, '')}`
    archive.file(`modules/${name}`, readModule(tools, file), 0o644)
  })
  return archive.toBuffer()
}

/** All shared libraries, and the loader, that the programs need: absolute paths as the loader will look for them. */
function librariesOf({ programs }: GuestTools, names: readonly (keyof GuestTools['programs'])[]): Set<string> {
  const paths = names.map((name) => programs[name])
  // ldd fails when one of its arguments is static, but lists the others all the same.
  const listing = execFileSync('/bin/sh', ['-c', 'ldd "$@" 2>/dev/null || :', 'ldd', ...paths], { encoding: 'utf8' })
  const lines = listing.matchAll(/^\t(?:\S+ => )?(\/\S+) \(0x/gm)
  return new Set(Array.from(lines, ([, path = '']) => path))
}

/** perl-base: POSIX, Fcntl, Socket and what the language itself loads. Debian puts it in one directory of @INC. */
function perlBase(perl: string): string[] {
  const include = execFileSync(perl, ['-e', 'print join("\\n", @INC)'], { encoding: 'utf8' }).split('\n')
  const directory = include.find((path) => basename(path) === 'perl-base')
  if (directory === undefined) throw new Error(`Cannot find perl-base among ${include.join(', ')}`)
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((name) => join(directory, name))
    .filter((path) => isNeeded(path) && statSync(path).isFile())
    .sort()
}

/** The module files in the order in which they can be loaded. */
function moduleFiles({ kernel, programs }: GuestTools): string[] {
  const options = ['-d', kernel.base, '-S', kernel.release, '-a', '--show-depends', ...modules]
  const listing = execFileSync(programs.modprobe, options, { encoding: 'utf8' })
  return [...new Set(Array.from(listing.matchAll(/^insmod (\S+)/gm), ([, path = '']) => path))]
}

/** Newer kernel packages compress modules; busybox's insmod wants them plain. */
function readModule({ programs }: GuestTools, file: string): Buffer {
  const maxBuffer = 2 ** 27
  if (file.endsWith('.xz')) return execFileSync(programs.xz, ['--decompress', '--stdout', file], { maxBuffer })
  if (file.endsWith('.zst')) return execFileSync('zstd', ['-dc', file], { maxBuffer })
  return readFileSync(file)
}
