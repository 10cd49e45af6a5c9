// Turns the entries of a walk into text, in the thread that looks at them: a report crosses threads as bytes, not as
// objects. What they look like is the business of a module that is named.

import type { ErrnoError } from '../errors.js'
import type { PassedObject } from '../ownership/evidence.js'
import type { Found, Visitor } from '../walk/visitor.js'
import type { Entry, EntryReader } from './entry.js'
import { pathBelow } from './path.js'
import { type Passage, type PassingSettings, PassingVisitor } from './passing-visitor.js'

/** How entries are shown. Everything it returns is bytes (Latin-1). */
export interface EntryRenderer {
  entry(entry: Entry): string
  /** A line for each thing that is wrong with the entry. */
  complaints(entry: Entry): readonly string[]
  /** A line for what could not be looked at. */
  failure(path: string, error: ErrnoError): string
}

/** A module that exports `createRenderer`, and what that is given: plain data. */
export interface RendererSource {
  readonly module: string
  readonly options: unknown
}

interface RendererModule {
  createRenderer(options: unknown): EntryRenderer
}

/** What a stretch of a walk comes to. */
export interface Rendered {
  readonly text: Uint8Array
  readonly complaints: readonly string[]
}

export interface RenderingOptions {
  readonly settings: PassingSettings
  readonly renderer: RendererSource
  /** What the start of the walk is called. */
  readonly label: string
}

/** See VisitorModule. */
export async function createVisitor(options: unknown): Promise<Visitor<Rendered, unknown>> {
  const { settings, renderer, label } = options as RenderingOptions
  const { createRenderer } = (await import(renderer.module)) as RendererModule
  return new PassingVisitor(settings, new Rendering(createRenderer(renderer.options), label))
}

/** For a few hundred entries, to begin with. */
const ROOM = 1 << 17

class Rendering implements Passage<Rendered> {
  private bytes = Buffer.allocUnsafeSlow(ROOM)
  private length = 0
  private complaints: string[] = []

  constructor(
    private readonly renderer: EntryRenderer,
    private readonly label: string,
  ) {}

  get held(): number {
    return this.length
  }

  pass(object: PassedObject, path: string, reader: EntryReader): void {
    const entry = reader.entry(object, pathBelow(this.label, path))
    this.add(this.renderer.entry(entry))
    if (entry.problems.length > 0) this.complaints.push(...this.renderer.complaints(entry))
  }

  failed(path: string, error: ErrnoError): void {
    this.complaints.push(this.renderer.failure(pathBelow(this.label, path), error))
  }

  take(): Found<Rendered> | undefined {
    const { bytes, length, complaints } = this
    if (length === 0 && complaints.length === 0) return undefined
    this.bytes = Buffer.allocUnsafeSlow(ROOM)
    this.length = 0
    this.complaints = []
    const result = { text: bytes.subarray(0, length), complaints }
    return { result, bytes: bytes.length, transfer: [bytes.buffer] }
  }

  /** As bytes at once: a long text that grows by pieces is a tree of them, which the collector of garbage goes through. */
  private add(text: string): void {
    const needed = this.length + text.length
    if (needed > this.bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.bytes.length))
      this.bytes.copy(larger, 0, 0, this.length)
      this.bytes = larger
    }
    this.length += this.bytes.latin1Write(text, this.length, text.length)
  }
}
