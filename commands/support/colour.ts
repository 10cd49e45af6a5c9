// Whether what is printed has colours.

export const colourChoices = ['auto', 'always', 'never'] as const

/**
 * True where there are to be colours: never with NO_COLOR; with `auto`, on terminals that have them, or where FORCE_COLOR
 * asks for them.
 */
export function hasColours(
  choice: (typeof colourChoices)[number],
  { isTTY }: { readonly isTTY?: boolean },
  { NO_COLOR, FORCE_COLOR, TERM }: NodeJS.ProcessEnv,
): boolean {
  if (choice === 'never' || isSet(NO_COLOR)) return false
  if (choice === 'always') return true
  if (isSet(FORCE_COLOR)) return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false'
  return isTTY === true && TERM !== 'dumb'
}

const isSet = (variable: string | undefined): boolean => variable !== undefined && variable !== ''
