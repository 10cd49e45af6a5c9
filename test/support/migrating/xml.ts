// XML as far as a test without libvirt can judge it.

const TAG = /<(\/?)([a-zA-Z]+)((?:\s+[a-z]+='[^'<&]*')*)\s*(\/?)>/g

/** True where every tag is written as one, and what is opened is closed in its turn. */
export function isWellFormed(xml: string): boolean {
  if (/[<>&]/.test(xml.replaceAll(TAG, ''))) return false
  const open: string[] = []
  for (const [, closing, name = '', , empty] of xml.matchAll(TAG)) {
    if (closing === '/') {
      if (open.pop() !== name) return false
    } else if (empty !== '/') open.push(name)
  }
  return open.length === 0
}
