// Fingerprints of what is seen of a tree: numbers by which two looks at it are compared. They are for finding mistakes and
// failing disks; whoever means to deceive can find two texts that have the same.

const [LOW_FACTOR, HIGH_FACTOR] = [0x9e37_79b1, 0x85eb_ca77]

/** Mixes bytes (Latin-1) and numbers into 64 bits, each half by itself. It is used again and again: `begin` first. */
export class Fingerprint {
  private lower = 0
  private upper = 0

  begin(): this {
    this.lower = 0x2545_f491
    this.upper = 0x27d4_eb2f
    return this
  }

  /** Where one text ends and the next begins matters too. */
  text(latin1: string): this {
    for (let at = 0; at < latin1.length; at += 1) this.mix(latin1.charCodeAt(at))
    return this.number(latin1.length)
  }

  /** A whole number below 2^53; negative ones from -2^53 on. */
  number(value: number): this {
    this.mix(value | 0)
    this.mix(Math.floor(value / 2 ** 32) | 0)
    return this
  }

  get low(): number {
    return settled(this.lower ^ rotated(this.upper, 11))
  }

  get high(): number {
    return settled(this.upper)
  }

  private mix(word: number): void {
    this.lower = rotated(Math.imul(this.lower ^ word, LOW_FACTOR), 13)
    this.upper = rotated(Math.imul(this.upper ^ word, HIGH_FACTOR), 17)
  }
}

const once = new Fingerprint()

/** 32 bits of one text (Latin-1). */
export const textFingerprint = (latin1: string): number => once.begin().text(latin1).low

const rotated = (word: number, by: number): number => (word << by) | (word >>> (32 - by))

/** Every bit of the result depends on every bit of `word` (the last steps of MurmurHash3). */
function settled(word: number): number {
  let mixed = Math.imul(word ^ (word >>> 16), 0x85eb_ca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2_ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}
