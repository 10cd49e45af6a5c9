// Points in time, as seconds and nanoseconds since 1970, for people and for JSON.

const two = (value: number): string => String(value).padStart(2, '0')
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

/** ISO 8601 with nanoseconds, in UTC. */
export function isoTime(sec: number, nsec: number): string {
  if (Math.abs(sec) > DATE_LIMIT) return `${sec}.${nine(nsec)}`
  return new Date(sec * 1000).toISOString().replace(/\.\d{3}Z$/, `.${nine(nsec)}Z`)
}
