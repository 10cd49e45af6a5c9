import { describe, expect, it } from 'vitest'
import { AllowedPeers } from '../../src/serve/sockets/peers.js'

describe('a peer may connect', () => {
  it("as the server's own user and as root, and nobody else", () => {
    const peers = new AllowedPeers(1000)
    expect([0, 1000, 1001, 65_534, 4_294_967_295].filter((uid) => peers.has(uid))).toEqual([0, 1000])
    expect(peers.socketMode).toBe(0o600)
    expect(peers.refusalOf({ uid: 1001, pid: 7 })).toBe("uid 1001 (pid 7) is neither this server's user nor root")
  })

  it('as a further user, once everybody may open the socket', () => {
    const peers = new AllowedPeers(1000, [1001, 1002])
    expect([0, 1000, 1001, 1002, 1003].filter((uid) => peers.has(uid))).toEqual([0, 1000, 1001, 1002])
    expect(peers.socketMode).toBe(0o666)
    expect(peers.refusalOf({ uid: 1003, pid: 7 })).toBe(
      "uid 1003 (pid 7) is neither this server's user nor root, nor allowed by --allow-uid",
    )
  })

  it('and allowing those who may anyway opens the socket to nobody else', () => {
    expect(new AllowedPeers(1000, [0, 1000]).socketMode).toBe(0o600)
  })
})
