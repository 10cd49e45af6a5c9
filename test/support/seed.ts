// Where generated messages, frames, names and calls start. The same for every run, so that what a change breaks is what the change did, and a run
// that was green stays green. SEED=n takes another, SEED=random draws one: exploring is done on purpose, and what it
// finds becomes a case by hand.

const USUAL = 236_289_657

const wanted = process.env['SEED']

/** The seed of this run, below 2^31. */
export const seed = wanted === 'random' ? Date.now() % 2 ** 31 : Number(wanted ?? USUAL)
