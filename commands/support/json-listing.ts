// A JSON document with one long list, written as its elements come: a document of a million entries is not held.

import { SCHEMA } from './base-command.js'

/** The document `{"schema": …, NAME: [ELEMENT, …], …}`. */
export class JsonListing {
  private isBegun = false
  private isEmpty = true

  /** Writes by `write`, which takes bytes. */
  constructor(
    private readonly name: string,
    private readonly write: (bytes: Uint8Array | string) => void,
  ) {}

  /** Adds elements, each of which begins with the comma that separates it from the one before (see `listed`). */
  add(elements: Uint8Array | string): void {
    if (elements.length === 0) return
    this.begin()
    const isFirst = this.isEmpty
    this.isEmpty = false
    this.write(isFirst ? elements.slice(1) : elements)
  }

  /** Ends the document. What lies behind the list are other, short ones: their elements are as those of `add`. */
  end(others: Readonly<Record<string, readonly string[]>> = {}): void {
    this.begin()
    this.write(endOfList(this.isEmpty))
    for (const [name, elements] of Object.entries(others)) {
      this.write(`,\n  "${name}": [${elements.join('').slice(1)}${endOfList(elements.length === 0)}`)
    }
    this.write('\n}\n')
  }

  private begin(): void {
    if (!this.isBegun) this.write(`{\n  "schema": ${SCHEMA},\n  "${this.name}": [`)
    this.isBegun = true
  }
}

const endOfList = (isEmpty: boolean): string => (isEmpty ? ']' : '\n  ]')
