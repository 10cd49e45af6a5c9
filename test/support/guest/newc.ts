// A cpio archive in the "newc" form, which the kernel unpacks as its first root file system
// (Documentation/driver-api/early-userspace/buffer-format.rst). Written here so that no tool and no staging directory,
// and for /dev/console no privilege, is needed.

const S_IFDIR = 0o040000
const S_IFCHR = 0o020000
const S_IFREG = 0o100000
const S_IFLNK = 0o120000

const padding = (length: number): Buffer => Buffer.alloc((4 - (length % 4)) % 4)

/** Collects the members of one archive; everything belongs to root and is dated 1970, so equal content is equal bytes. */
export class NewcArchive {
  private readonly chunks: Buffer[] = []
  private readonly known = new Set<string>()
  private inode = 0

  /** Adds a regular file, and the directories above it. A path added twice keeps its first content. */
  file(path: string, content: Buffer, mode = 0o755): void {
    this.member(path, S_IFREG | mode, content)
  }

  directory(path: string): void {
    this.member(path, S_IFDIR | 0o755)
  }

  symlink(path: string, target: string): void {
    this.member(path, S_IFLNK | 0o777, Buffer.from(target))
  }

  characterDevice(path: string, major: number, minor: number): void {
    this.member(path, S_IFCHR | 0o600, undefined, [major, minor])
  }

  /** The whole archive, ended by its trailer. */
  toBuffer(): Buffer {
    return Buffer.concat([...this.chunks, ...this.encode('TRAILER!!!', 0, Buffer.alloc(0), [0, 0])])
  }

  private member(
    path: string,
    mode: number,
    content: Buffer = Buffer.alloc(0),
    device: readonly [number, number] = [0, 0],
  ) {
    const relative = path.replace(/^\/+/, '')
    if (this.known.has(relative)) return
    const parent = relative.split('/').slice(0, -1).join('/')
    if (parent !== '') this.directory(parent)
    this.known.add(relative)
    this.inode += 1
    this.chunks.push(...this.encode(relative, mode, content, device))
  }

  private encode(path: string, mode: number, content: Buffer, device: readonly [number, number]): Buffer[] {
    const name = Buffer.from(`${path}\0`)
    // ino mode uid gid nlink mtime filesize devmajor devminor rdevmajor rdevminor namesize check
    const numbers = [this.inode, mode, 0, 0, 1, 0, content.length, 0, 0, ...device, name.length, 0]
    const header = Buffer.from('070701' + numbers.map((number) => number.toString(16).padStart(8, '0')).join(''))
    return [header, name, padding(header.length + name.length), content, padding(content.length)]
  }
}
