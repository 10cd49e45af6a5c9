// What a page says is printed, compared with what was: less what is another on every machine.

/** What differs wherever a command is run. */
const VARIABLE: readonly (readonly [RegExp, string])[] = [
  [/\bin \d+\.\d s\b/, 'in N s'],
  [/\bprocess \d+ /, 'process N '],
]

/** The numbers of a file system, which stand before the tree's path. */
const FILE_SYSTEM = /^(mapped-\w+|passthrough|none)( \(\w+\))? [\d %.KMGT]+ (\/\S+)$/

const constant = (line: string): string =>
  VARIABLE.reduce((done, [what, instead]) => done.replace(what, instead), line)
    .replace(FILE_SYSTEM, '$1$2 … $3')
    .trimEnd()

/**
 * Lines in the form in which they are compared. A line `…` of the page, `wanted`, stands for any number of lines. Lines
 * about entries stand in the order in which the file system lists these.
 */
export function printedAlike(printed: readonly string[], wanted?: readonly string[]): string[] {
  const lines = sortedRuns(withoutEnd(printed.map(constant)))
  return wanted === undefined ? lines : elided(lines, sortedRuns(withoutEnd(wanted.map(constant))))
}

/** Without the empty lines at its end. */
function withoutEnd(lines: readonly string[]): string[] {
  const last = lines.findLastIndex((line) => line !== '')
  return lines.slice(0, last + 1)
}

/** What keeps the whole tree from being converted has an errno's name. */
const isAboutEntry = (line: string): boolean => /^virtfs: Cannot (convert|keep) "[^"]*"(?!: E[A-Z]+ \()/.test(line)

function sortedRuns(lines: readonly string[]): string[] {
  const runs: string[][] = []
  for (const line of lines) {
    const run = runs.at(-1)
    if (run !== undefined && isAboutEntry(line) && isAboutEntry(run[0]!)) run.push(line)
    else runs.push([line])
  }
  return runs.flatMap((run) => run.sort())
}

/** `lines`, with what `wanted` leaves out in one place left out. */
function elided(lines: readonly string[], wanted: readonly string[]): string[] {
  const at = wanted.indexOf('…')
  if (at < 0) return [...lines]
  const behind = wanted.length - at - 1
  if (lines.length < at + behind) return [...lines]
  return [...lines.slice(0, at), '…', ...lines.slice(lines.length - behind)]
}
