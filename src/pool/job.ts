// What threads do. They share no objects, so each makes a job of its own, by a module that is named.

/** Does a piece of work after another, each from its start to its end. Pieces and answers cross between threads: plain data. */
export interface Job<Work, Answer> extends Disposable {
  /** What it throws is a defect, which ends the thread. */
  work(work: Work): Answer
  /** What of the last answer moves from thread to thread instead of being copied. */
  takeTransfer?(): readonly ArrayBuffer[]
}

/** Where each thread finds a job. */
export interface JobSource {
  /** The file URL of a module that exports `createJob`. */
  readonly module: string
  /** What `createJob` is given: plain data. */
  readonly options: unknown
}

/** What such a module exports. */
export interface JobModule<Work, Answer> {
  createJob(options: unknown): Job<Work, Answer> | Promise<Job<Work, Answer>>
}
