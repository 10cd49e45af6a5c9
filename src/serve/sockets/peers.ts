// Who may connect to a unix socket. The kernel says who is there (SO_PEERCRED); n_uname in Tattach is only a claim.

/** Permissions of a socket's file. Linux asks for write permission of whoever connects (unix(7)). */
export type SocketMode = 0o600 | 0o666

/** The users whose processes may connect. */
export class AllowedPeers {
  private readonly further: ReadonlySet<number>

  /** The server's own user (`own`, its effective uid) and root, and those of `further`. */
  constructor(
    private readonly own: number,
    further: readonly number[] = [],
  ) {
    this.further = new Set(further.filter((uid) => uid !== own && uid !== 0))
  }

  /** True where a connection of this user's may be served. */
  has(uid: number): boolean {
    return uid === 0 || uid === this.own || this.further.has(uid)
  }

  /**
   * 0600 while the file's permissions say all there is to say. They cannot name a third user: then everybody may
   * connect, and `has` decides before a byte is read.
   */
  get socketMode(): SocketMode {
    return this.further.size === 0 ? 0o600 : 0o666
  }

  /** Why a peer is refused, for the log. */
  refusalOf({ uid, pid }: { readonly uid: number; readonly pid: number }): string {
    const others = this.further.size === 0 ? 'nor root' : 'nor root, nor allowed by --allow-uid'
    return `uid ${uid} (pid ${pid}) is neither this server's user ${others}`
  }
}
