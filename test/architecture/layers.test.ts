// The shape of the source: which folder stands on which, and that nothing goes round in circles.

import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { ESLint } from 'eslint'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../..')

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(root, folder, file))
}

/** What a file imports at run time; imports of types alone leave no trace in what runs. */
function imports(file: string): string[] {
  const text = readFileSync(file, 'utf8')
  const statements = text.matchAll(/^(?:import|export)\s(?!type\s)([^'"]*?)from\s+'(\.[^']+)'|^import\s+'(\.[^']+)'/gms)
  return [...statements]
    .filter(([, names]) => names === undefined || !isTypesOnly(names))
    .map(([, , from, bare]) => resolve(dirname(file), (from ?? bare ?? '').replace(/\.js$/, '.ts')))
}

const isTypesOnly = (names: string): boolean => {
  const [, list] = /^\s*\{([^}]*)\}\s*$/s.exec(names) ?? []
  const parts = list?.split(',').flatMap((part) => part.trim() || []) ?? []
  return parts.length > 0 && parts.every((part) => part.startsWith('type '))
}

function findCycle(graph: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const done = new Set<string>()
  const visit = (file: string, path: readonly string[]): string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file]
    if (done.has(file)) return undefined
    for (const next of graph.get(file) ?? []) {
      const cycle = visit(next, [...path, file])
      if (cycle !== undefined) return cycle
    }
    done.add(file)
    return undefined
  }
  for (const file of graph.keys()) {
    const cycle = visit(file, [])
    if (cycle !== undefined) return cycle
  }
  return undefined
}

describe('the import graph', () => {
  const files = [...sources('src'), ...sources('commands')]
  const graph = new Map(files.map((file) => [file, imports(file)]))

  it('is read in full: every relative import names a file that exists', () => {
    const unknown = [...graph].flatMap(([file, targets]) =>
      targets
        .filter((target) => !graph.has(target))
        .map((target) => `${relative(root, file)} -> ${relative(root, target)}`),
    )
    expect(unknown).toEqual([])
    expect([...graph.values()].flat().length).toBeGreaterThan(files.length)
  })

  it('has no cycle', () => {
    expect(findCycle(graph)?.map((file) => relative(root, file))).toBeUndefined()
  })

  it('would be found out if it had one', () => {
    const looped = new Map([
      ['a', ['b']],
      ['b', ['c']],
      ['c', ['a']],
    ])
    expect(findCycle(looped)).toEqual(['a', 'b', 'c', 'a'])
  })
})

describe('the linter refuses an arrow that points up', () => {
  const violations = [
    { from: 'src/view/probe.ts', text: "import '../wire/codec.js'\n", because: 'must not know a protocol' },
    { from: 'src/wire/probe.ts', text: "import '../sys/open.js'\n", because: 'wire is pure' },
    { from: 'src/wire/probe.ts', text: "import 'node:fs'\n", because: 'wire is pure' },
    { from: 'src/sys/probe.ts', text: "import '../view/view.js'\n", because: 'sys is the lowest layer' },
    { from: 'src/ownership/probe.ts', text: "import '../session/session.js'\n", because: 'stands on the host alone' },
    { from: 'src/walk/probe.ts', text: "import '../ownership/models.js'\n", because: 'its visitor’s business' },
    { from: 'src/session/probe.ts', text: "import '../serve/server.js'\n", because: 'knows no sockets' },
    { from: 'src/session/probe.ts', text: "import 'koffi'\n", because: 'Only src/sys/call.ts' },
    { from: 'commands/probe.ts', text: "import '../src/sys/open.js'\n", because: 'src/index.ts alone' },
    { from: 'commands/probe.ts', text: "import '@oclif/core'\n", because: 'takes longer to load' },
    { from: 'src/ownership/probe-codec.ts', text: "import '../sys/xattr.js'\n", because: 'codecs are pure' },
  ]
  // Only this rule, and no type information: the files do not exist.
  const withoutTypes = { languageOptions: { parserOptions: { projectService: false } } }
  const linter = async (): Promise<ESLint> => {
    const { default: config } = (await import(join(root, 'eslint.config.js'))) as {
      default: ESLint.Options['overrideConfig']
    }
    return new ESLint({
      cwd: root,
      overrideConfigFile: true,
      overrideConfig: [...[config ?? []].flat(), withoutTypes],
      ruleFilter: ({ ruleId }) => ruleId === 'no-restricted-imports',
    })
  }

  it.each(violations)('$from: $text', async ({ from, text, because }) => {
    const eslint = await linter()
    const [result] = await eslint.lintText(text, { filePath: join(root, from) })
    expect(result?.messages.map(({ message }) => message).join('\n')).toContain(because)
  })
})
