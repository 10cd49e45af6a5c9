// Lists the paths of a tree, one a line, as `find -printf '%P\n'` does.

const S_IFMT = 0o170000
const S_IFDIR = 0o040000

export function createVisitor() {
  let lines = []
  let held = 0
  return {
    get held() {
      return held
    },
    enter() {},
    leave() {},
    visit(directory, name, path) {
      const stat = directory.stat(name)
      if (stat === undefined) return undefined
      lines.push(path)
      held += path.length + 1
      return (stat.mode & S_IFMT) === S_IFDIR ? stat : undefined
    },
    failed(path, error) {
      lines.push(`${path}: ${error.code}`)
    },
    take() {
      if (lines.length === 0) return undefined
      const found = { result: lines.join('\n'), bytes: held }
      lines = []
      held = 0
      return found
    },
  }
}
