// IP addresses as text: what inet_ntop(3) writes. node:net writes them only of sockets that it made itself.

/** Writes the 4 bytes of an IPv4 address or the 16 of an IPv6 address, in network order, as RFC 5952 has it. */
export function inetText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.')
  const isMapped = bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff
  if (isMapped) return `::ffff:${bytes.subarray(12).join('.')}`
  const view = new DataView(bytes.buffer, bytes.byteOffset, 16)
  const groups = Array.from({ length: 8 }, (_, index) => view.getUint16(index * 2).toString(16))
  return compressed(groups.join(':'))
}

/** Leaves out the longest run of zero groups, the first of several; a single one stays. */
function compressed(text: string): string {
  const runs = [...text.matchAll(/\b0(?::0)+\b/g)]
  const longest = runs.reduce((best, [run]) => (run.length > best.length ? run : best), '')
  if (longest === '') return text
  const at = runs.find(([run]) => run === longest)?.index ?? 0
  const [before, after] = [text.slice(0, at), text.slice(at + longest.length)]
  return `${before.replace(/:$/, '')}::${after.replace(/^:/, '')}`
}
