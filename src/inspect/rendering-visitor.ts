// Turns the entries of a walk into text, in the thread that looks at them: a report crosses threads as bytes, not as
// objects. What they look like is the business of a module that is named.

import type { ErrnoError } from '../errors.js'
import type { PassedObject } from '../ownership/evidence.js'
import type { Found, Visitor } from '../walk/visitor.js'
import type { Entry, EntryReader } from './entry.js'
import { join } from './path.js'
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

class Rendering implements Passage<Rendered> {
  private text = ''
  private complaints: string[] = []

  constructor(
    private readonly renderer: EntryRenderer,
    private readonly label: string,
  ) {}

  get held(): number {
    return this.text.length
  }

  pass(object: PassedObject, path: string, reader: EntryReader): void {
    const entry = reader.entry(object, this.called(path))
    this.text += this.renderer.entry(entry)
    if (entry.problems.length > 0) this.complaints.push(...this.renderer.complaints(entry))
  }

  failed(path: string, error: ErrnoError): void {
    this.complaints.push(this.renderer.failure(this.called(path), error))
  }

  take(): Found<Rendered> | undefined {
    const { text, complaints } = this
    if (text === '' && complaints.length === 0) return undefined
    const bytes = Buffer.allocUnsafeSlow(text.length)
    bytes.write(text, 'latin1')
    this.text = ''
    this.complaints = []
    return { result: { text: bytes, complaints }, bytes: bytes.length, transfer: [bytes.buffer as ArrayBuffer] }
  }

  private called(path: string): string {
    return path === '' ? this.label : join(this.label.replace(/(?<=.)\/+$/, ''), path)
  }
}
