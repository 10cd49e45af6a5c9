// The program in a few files. Finding and linking some two hundred modules takes node longer than a command takes to run, so
// commands, the library and the development dependencies that they use (oclif) are joined here. What is a dependency of the
// package stays outside and is loaded by its name.

import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import { type Plugin, rolldown } from 'rolldown'
import { licences } from './licences.js'

interface Package {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

/** What oclif has for searching commands and plugins, which the manifest names, and for commands that are TypeScript. */
const UNUSED = /^(minimatch|tinyglobby|typescript)$/
/** A module in place of each; a leading NUL tells bundlers that it is no file. */
const NOTHING = '\0nothing'

/**
 * What stands at the top of src and in sys is used by nearly all in ever other combinations, each of which would become a
 * file. Folders above must stay as they are split: `host` waits for one of its modules, which may not be in its own file.
 */
const BASE = { name: 'base', test: /\/dist\/src\/(?:[^/]+|sys\/[^/]+)\.js$/, minShareCount: 2 }

/** Writes dist/program: main.js, a file for each command, the threads, and what they share. */
export async function buildProgram(top: string): Promise<void> {
  const compiled = join(top, 'dist')
  const program = join(compiled, 'program')
  const { dependencies, optionalDependencies } = JSON.parse(readFileSync(join(top, 'package.json'), 'utf8')) as Package
  const bundle = await rolldown({
    input: { main: join(compiled, 'commands/support/main.js'), ...commandFiles(join(compiled, 'commands')) },
    platform: 'node',
    external: Object.keys({ ...dependencies, ...optionalDependencies }),
    plugins: [threads, unused],
  })
  rmSync(program, { recursive: true, force: true })
  const { output } = await bundle.write({
    dir: program,
    entryFileNames: '[name].js',
    chunkFileNames: 'shared/[name]-[hash].js',
    codeSplitting: { groups: [BASE] },
  })
  const modules = output.flatMap((file) => (file.type === 'chunk' ? file.moduleIds : []))
  writeFileSync(join(program, 'LICENCES.txt'), licences(modules))
}

/** `commands/NAME` to the compiled file of each command. */
function commandFiles(directory: string): Record<string, string> {
  const files = readdirSync(directory).filter((file) => extname(file) === '.js')
  return Object.fromEntries(files.map((file) => [`commands/${basename(file, '.js')}`, join(directory, file)]))
}

/** A thread is started by the address of its module beside the one that starts it: it becomes a file of its own here. */
const threads: Plugin = {
  name: 'threads',
  transform: {
    filter: { code: 'import.meta.url', id: /\/dist\/(commands|src)\// },
    async handler(code, importer) {
      let joined = code
      for (const [whole, path = ''] of code.matchAll(/new URL\('(\.\/[^']+\.js)', import\.meta\.url\)/g)) {
        const thread = await this.resolve(path, importer)
        if (thread === null) this.error(`Cannot find ${path}, a thread of ${importer}`)
        const file = this.emitFile({ type: 'chunk', id: thread.id })
        joined = joined.replace(whole, `new URL(import.meta.ROLLUP_FILE_URL_${file})`)
      }
      // Packages are found from wherever the program lies.
      if (joined.replaceAll('createRequire(import.meta.url)', '').includes('import.meta.url'))
        this.error(`${importer} asks where it lies, which is elsewhere once it is joined`)
      return joined
    },
  },
}

/** Leaves out what is never used, which is a third of all that oclif would have node read. */
const unused: Plugin = {
  name: 'unused',
  resolveId: { filter: { id: UNUSED }, handler: () => NOTHING },
  load: { filter: { id: new RegExp(`^${NOTHING}$`) }, handler: () => 'export {}' },
}
