// A receiver of datagrams that is not ours: perl's, at a unix socket path or an abstract name.

import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'

const program = `
  use Socket; $| = 1;
  socket my $socket, PF_UNIX, SOCK_DGRAM, 0 or die "socket: $!";
  bind $socket, pack_sockaddr_un(pack 'H*', $ARGV[0]) or die "bind: $!";
  print "bound\\n";
  while (defined recv $socket, my $message, 65536, 0) { print unpack('H*', $message), "\\n" }`

/** Receives at one address, and hands each datagram over as hexadecimal digits. */
export class DatagramReceiver implements Disposable {
  private readonly lines: AsyncIterator<string, undefined>

  private constructor(private readonly child: ChildProcessByStdio<null, Readable, null>) {
    this.lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  }

  /** Binds to a path, or to an abstract name if it begins with NUL. */
  static async at(name: string): Promise<DatagramReceiver> {
    const child = spawn('perl', ['-e', program, Buffer.from(name).toString('hex')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const receiver = new DatagramReceiver(child)
    if ((await receiver.next()) !== 'bound') throw new Error(`Cannot receive datagrams at "${name}"`)
    return receiver
  }

  /** The next datagram; rejects when the receiver has ended. */
  async next(): Promise<string> {
    const line = await this.lines.next()
    if (line.done === true) throw new Error('The receiver of datagrams has ended')
    return line.value
  }

  /** The next datagram as text. */
  async text(): Promise<string> {
    return Buffer.from(await this.next(), 'hex').toString()
  }

  /** Ends it without removing its path: nobody receives there any more. */
  async end(): Promise<void> {
    this.child.kill('SIGKILL')
    await once(this.child, 'close')
  }

  /** Stops it: from now on its queue only fills. */
  suspend(): void {
    this.child.kill('SIGSTOP')
  }

  [Symbol.dispose](): void {
    this.child.kill('SIGKILL')
  }
}
