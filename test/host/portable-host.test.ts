// What the portable host does without: fs-xattr, koffi, and names in which fs-xattr can be asked.

import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Errno } from '../../src/errors.js'
import { whyMissing, withoutAttributes } from '../../src/host/attributes-by-path.js'
import { BEGINNING, SELF } from '../../src/host/host-directory.js'
import { portableHost, portableHostWith } from '../../src/host/portable-host.js'
import { bytesOf, nameFromText } from '../../src/name.js'
import { utf8Of } from '../../src/printable.js'
import { openPath } from '../../src/sys/open.js'
import { setxattr } from '../../src/sys/xattr.js'
import { projectRoot } from '../support/guest/project.js'
import { HostTree } from '../support/host/tree.js'
import { refusalOf } from '../support/refusal.js'

let tree: HostTree
beforeEach(() => {
  tree = new HostTree()
})
afterEach(() => tree[Symbol.dispose]())

it('an attribute whose name is not UTF-8 is listed in another form, and cannot be asked for', () => {
  writeFileSync(tree.at('file'), '')
  using file = openPath(tree.root, nameFromText('file'))
  setxattr(file!, 'user.\xff', Buffer.from('x'))
  setxattr(file!, 'user.l\xc3\xa4nge', Buffer.from('y'))
  using directory = portableHost.openDirectory(utf8Of(tree.path))
  const names = directory.attributeNames(nameFromText('file')).split('\0').sort()
  expect(names).toEqual(['', `user.${utf8Of('\ufffd')}`, 'user.l\xc3\xa4nge'].sort())
  expect(directory.attribute(nameFromText('file'), 'user.l\xc3\xa4nge')?.toString()).toBe('y')
  expect(refusalOf(() => directory.attribute(nameFromText('file'), 'user.\xff'))).toBe('EILSEQ')
  const odd = portableHost.attributeName('user.\xff')
  expect(directory.peekAttribute(nameFromText('file'), odd, 4)).toBe(-Errno.EILSEQ)
})

it('a listing of many names is the host’s own', () => {
  const names = Array.from({ length: 3000 }, (_, number) => `${String.fromCharCode(0x80 + (number % 0x80))}${number}`)
  for (const name of names) writeFileSync(Buffer.concat([Buffer.from(`${tree.path}/`), bytesOf(name)]), '')
  using directory = portableHost.openDirectory(utf8Of(tree.path))
  const found: string[] = []
  for (let position = BEGINNING; ;) {
    const batch = directory.list(position, 512)
    if (batch.length === 0) break
    found.push(...batch.map((entry) => entry.name))
    position = batch.at(-1)!.next
  }
  expect(found).toEqual(readdirSync(tree.path, 'latin1'))
  expect(found).toHaveLength(3000)
})

describe('without attributes', () => {
  const REASON = 'fs-xattr is not installed: npm install fs-xattr'

  it('everything else works, and what is asked of them says why not', () => {
    writeFileSync(tree.at('file'), 'content')
    const host = portableHostWith(withoutAttributes(REASON))
    expect(host.limits.withoutAttributes).toBe(REASON)
    using directory = host.openDirectory(utf8Of(tree.path))
    const file = nameFromText('file')
    expect(directory.list(BEGINNING, 512).map(({ name }) => name)).toEqual(['file'])
    expect(directory.content(file, 4).toString()).toBe('cont')
    expect(directory.peekAttribute(file, host.attributeName('user.virtfs.uid'), 4)).toBe(-Errno.EOPNOTSUPP)
    expect(() => directory.attributeNames(SELF)).toThrow(REASON)
    expect(refusalOf(() => directory.attribute(file, 'user.virtfs.uid'))).toBe('EOPNOTSUPP')
  })

  it.each([
    ['darwin', 'ERR_MODULE_NOT_FOUND', REASON],
    ['linux', 'ERR_MODULE_NOT_FOUND', REASON],
    ['darwin', 'MODULE_NOT_FOUND', 'fs-xattr was not compiled: npm rebuild fs-xattr'],
    ['darwin', 'ERR_DLOPEN_FAILED', 'fs-xattr was not compiled: npm rebuild fs-xattr'],
    ['freebsd', 'ERR_MODULE_NOT_FOUND', 'extended attributes cannot be read on freebsd'],
  ] as const)('on %s, after %s', (platform, code, reason) => {
    expect(whyMissing(platform, Object.assign(new Error(code), { code }))).toBe(reason)
  })
})

describe('loaded by itself', () => {
  /** Writes on stdout what is loaded, a line each. */
  const HOOKS = `data:text/javascript,${encodeURIComponent(
    `import { writeSync } from 'node:fs'
     export async function load(url, context, next) {
       writeSync(1, url + '\\n')
       return next(url, context)
     }`,
  )}`
  const REGISTER = `data:text/javascript,${encodeURIComponent(
    `import { register } from 'node:module'
     register(${JSON.stringify(HOOKS)})`,
  )}`

  /** Evaluates `body` with `thisHost` of the program in `directory`; gives what was loaded of it, and what it printed. */
  function run(directory: string, wanted: string | undefined, body = ''): { loaded: string[]; printed: string[] } {
    const top = pathToFileURL(`${directory}/`).href
    const source = `const { thisHost } = await import(${JSON.stringify(`${top}src/host/this-host.js`)})\n${body}`
    const { VIRTFS_HOST: _, ...environment } = process.env
    const output = execFileSync(process.execPath, ['--import', REGISTER, '--input-type=module', '-e', source], {
      encoding: 'utf8',
      env: wanted === undefined ? environment : { ...environment, VIRTFS_HOST: wanted },
    })
    const lines = output.trimEnd().split('\n')
    return {
      loaded: lines
        .filter((line) => line.startsWith('file:'))
        .map((line) => line.replace(/^.*\/(?=src\/|node_modules\/)/, '')),
      printed: lines.filter((line) => !/^(file|data|node):/.test(line)),
    }
  }

  const built = join(projectRoot, 'dist')

  it.each([undefined, ''])('on Linux it is Linux’s: VIRTFS_HOST %j', (wanted) => {
    const { loaded } = run(built, wanted)
    expect(loaded).toContain('src/sys/call.js')
    expect(loaded).toContain('src/host/linux-host.js')
    expect(loaded.some((path) => path.startsWith('node_modules/koffi/'))).toBe(true)
    expect(loaded.filter((path) => /portable|fs-xattr/.test(path))).toEqual([])
  })

  it('with VIRTFS_HOST=portable nothing of Linux’s is loaded, and no koffi', () => {
    const { loaded, printed } = run(built, 'portable', 'console.log(JSON.stringify(thisHost.limits))')
    expect(loaded).toContain('src/host/portable-host.js')
    expect(loaded).toContain('node_modules/fs-xattr/index.js')
    expect(loaded.filter((path) => /koffi|linux-host/.test(path))).toEqual([])
    expect(loaded.filter((path) => path.startsWith('src/sys/'))).toEqual(['src/sys/abi.js'])
    expect(printed).toEqual(['{"hidesAttributesOfSpecials":true,"isRacy":true}'])
  })

  it('a host that there is not is refused to whoever asks for one', () => {
    const body = `const { requireHost } = await import(${JSON.stringify(pathToFileURL(join(built, 'src/host/this-host.js')).href)})
      try { requireHost() } catch (cause) { console.log(cause.name + ': ' + cause.message) }`
    const { printed } = run(built, 'b\nd', body)
    expect(printed).toEqual(['UsageError: Cannot use VIRTFS_HOST="b\\x0ad": it may be "portable" or unset'])
  })

  const ASK = `const directory = thisHost.openDirectory(${JSON.stringify('/')})
    const { code, context } = (() => { try { directory.attributeNames('.') } catch (cause) { return cause } })()
    console.log(typeof directory.stat('tmp').ino, code, context.op)`

  it.each([
    ['not installed', false, 'fs-xattr is not installed: npm install fs-xattr'],
    ['not compiled', true, 'fs-xattr was not compiled: npm rebuild fs-xattr'],
  ])('where fs-xattr is %s, that is said', (_title, isInstalled, reason) => {
    cpSync(join(built, 'src'), tree.at('src'), { recursive: true })
    writeFileSync(tree.at('package.json'), '{ "type": "module" }')
    if (isInstalled) {
      mkdirSync(tree.at('node_modules/fs-xattr'), { recursive: true })
      for (const file of ['package.json', 'index.js']) {
        cpSync(join(projectRoot, 'node_modules/fs-xattr', file), tree.at(`node_modules/fs-xattr/${file}`))
      }
    }
    expect(run(tree.path, 'portable', ASK).printed).toEqual([`bigint EOPNOTSUPP ${reason}`])
  })
})
