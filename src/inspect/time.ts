// Points in time, as seconds and nanoseconds since 1970, for people and for JSON.

/** Two digits of each number below 100. */
const TWO = Array.from({ length: 100 }, (_, value) => String(value).padStart(2, '0'))
const two = (value: number): string => TWO[value]!
const nine = (nsec: number): string => String(nsec).padStart(9, '0')

/** Seconds beyond what a Date holds are shown as they are. */
const DATE_LIMIT = 8.64e12

/** `2026-11-23 09:30:11.850943792 +0000`, in the zone of the process, as GNU stat's %x. */
export function localTime(sec: number, nsec: number): string {
  if (Math.abs(sec) > DATE_LIMIT) return `${sec}.${nine(nsec)}`
  const date = new Date(sec * 1000)
  const day = `${String(date.getFullYear()).padStart(4, '0')}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${nine(nsec)}`
  const east = -date.getTimezoneOffset()
  const zone = `${east < 0 ? '-' : '+'}${two(Math.trunc(Math.abs(east) / 60))}${two(Math.abs(east) % 60)}`
  return `${day} ${time} ${zone}`
}

const DAY = 86_400
/** The day that was last asked for: of a tree's times, most are of few days. */
const last = { day: Number.NaN, text: '' }

function dayText(day: number): string {
  if (day !== last.day) {
    last.day = day
    last.text = new Date(day * DAY * 1000).toISOString().replace(/T.*/, '')
  }
  return last.text
}

/** ISO 8601 with nanoseconds, in UTC. */
export function isoTime(sec: number, nsec: number): string {
  if (Math.abs(sec) > DATE_LIMIT) return `${sec}.${nine(nsec)}`
  const day = Math.floor(sec / DAY)
  const second = sec - day * DAY
  const minute = Math.floor(second / 60)
  return `${dayText(day)}T${two(Math.floor(minute / 60))}:${two(minute % 60)}:${two(second % 60)}.${nine(nsec)}Z`
}
