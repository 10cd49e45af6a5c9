// Times as `ls -l` shows them in the C locale, in the zone of the process. Pure but for that zone.

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
/** Half a mean Gregorian year in seconds. */
const HALF_A_YEAR = 31_556_952 / 2
/** Seconds beyond what a Date holds are shown as they are. */
const DATE_LIMIT = 8.64e12

/** Of every time that has a year of four digits. */
export const TIME_WIDTH = 'Nov 24 15:42'.length

const two = (value: number): string => String(value).padStart(2, '0')

/** `Nov 24 15:42`; what is older than half a year, or not yet, `Nov 24  2025`. Both in seconds since 1970. */
export function listingTime(sec: number, now: number): string {
  if (Math.abs(sec) > DATE_LIMIT) return String(sec).padStart(TIME_WIDTH)
  const date = new Date(sec * 1000)
  const isRecent = now - HALF_A_YEAR < sec && sec <= now
  const end = isRecent ? `${two(date.getHours())}:${two(date.getMinutes())}` : ` ${date.getFullYear()}`
  return `${MONTHS[date.getMonth()]} ${String(date.getDate()).padStart(2)} ${end}`
}
