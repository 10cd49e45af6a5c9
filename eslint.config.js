// Layout is the formatter's. Here: what the compiler cannot see (forgotten promises), and the layers of ARCHITECTURE.md.

import js from '@eslint/js'
import tseslint from 'typescript-eslint'

const libraryFolders = [
  ...[
    'commands',
    'client',
    'serve',
    'convert',
    'inspect',
    'walk',
    'pool',
    'session',
    'view',
    'ownership',
    'host',
    'wire',
    'sys',
  ],
]

/** What each folder may import besides itself and the files at the top of src; the reason is the lint message. */
const layers = {
  sys: { may: [], because: 'sys is the lowest layer: it knows the kernel and nothing above it' },
  wire: { may: [], because: 'wire is pure: bytes to messages and back, no I/O and no other layer' },
  host: {
    may: ['sys'],
    because: 'host looks at directories of this machine, whichever it is; it knows nothing of guests',
  },
  pool: {
    may: ['sys'],
    because: 'the threads of a pool work for whoever has work: what that is, a module says that they load',
  },
  walk: {
    may: ['pool', 'host', 'sys'],
    because: 'walk goes through a tree of the host; what is looked at on the way is its visitor’s business',
  },
  ownership: {
    may: ['host', 'sys'],
    because: 'ownership says where a guest’s uid, gid, mode and rdev live; it stands on the host alone',
  },
  view: {
    may: ['ownership', 'sys'],
    because: 'view is the guest’s file system for any front end: it must not know a protocol',
  },
  client: {
    may: ['wire'],
    because: 'the client speaks to servers over a socket: it needs the wire and nothing of ours behind it',
  },
  session: {
    may: ['view', 'wire', 'ownership', 'sys'],
    because: 'session joins messages to the view; it knows no sockets and no commands',
  },
  inspect: {
    may: ['walk', 'ownership', 'host', 'sys'],
    because: 'inspect reports what a guest sees, in passing; it needs no protocol and no server',
  },
  convert: {
    may: ['inspect', 'walk', 'pool', 'ownership', 'host', 'sys'],
    because: 'convert changes trees that nobody serves; it needs no protocol and no server',
  },
  serve: {
    may: ['session', 'view', 'wire', 'ownership', 'host', 'sys'],
    because: 'serve is sockets and lifetimes; commands stand on it, not the other way',
  },
}

const forbid = (folder, because) => ({ group: [`**/${folder}/*`, `**/${folder}/**`], message: because })
const noKoffi = {
  name: 'koffi',
  message: 'Only src/sys/call.ts talks to the kernel: one door, where errno is read at once.',
}

const layerRules = Object.entries(layers).map(([folder, { may, because }]) => ({
  files: [`src/${folder}/**/*.ts`],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        paths: folder === 'sys' ? [] : [noKoffi],
        patterns: [
          ...libraryFolders
            .filter((other) => other !== folder && !may.includes(other))
            .map((other) => forbid(other, because)),
          ...(folder === 'wire' ? [{ group: ['node:fs', 'node:fs/*', 'node:net'], message: because }] : []),
          {
            group: ['**/src/index.js', '../index.js'],
            message: 'index.ts is for those who use the library, not for the library itself.',
          },
        ],
      },
    ],
  },
}))

/** The codecs are pure, so that tables can test them. */
const pureCodecs = {
  files: ['src/ownership/*-codec.ts'],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        paths: [noKoffi],
        patterns: [
          {
            group: ['node:*', '**/sys/*', '!**/sys/constants.js'],
            message: 'Ownership codecs are pure: a store does the I/O.',
          },
          ...['commands', 'client', 'serve', 'inspect', 'session', 'view', 'wire'].map((f) =>
            forbid(f, layers.ownership.because),
          ),
        ],
      },
    ],
  },
}

export default tseslint.config(
  { ignores: ['dist/', '.cache/', 'node_modules/'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      // Fields and handlers are tables of functions that use no `this`.
      '@typescript-eslint/unbound-method': 'off',
      // An ErrnoError is thrown as it was caught; the rule cannot see that an `unknown` is an Error.
      '@typescript-eslint/only-throw-error': ['error', { allowThrowingUnknown: true, allowThrowingAny: false }],
    },
  },
  ...layerRules,
  pureCodecs,
  {
    files: ['src/**/*.ts'],
    ignores: ['src/serve/**', 'src/sys/**'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'exit', message: 'Only commands end the process; the library throws.' },
        { object: 'process', property: 'stdout', message: 'Only commands print.' },
      ],
    },
  },
  {
    files: ['commands/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: [
            noKoffi,
            {
              name: '@oclif/core',
              message:
                'All of oclif takes longer to load than a command to run: import @oclif/core/flags and the like.',
            },
          ],
          patterns: [
            {
              regex: 'src/(?!index\\.js$)',
              message: 'Commands parse, call the library and render: they import src/index.ts alone.',
            },
          ],
        },
      ],
    },
  },
  { files: ['**/*.js', '**/*.mjs'], languageOptions: { globals: { process: 'readonly', console: 'readonly' } } },
  {
    files: ['bin/*.js'],
    languageOptions: {
      sourceType: 'commonjs',
      globals: { require: 'readonly', __dirname: 'readonly', __filename: 'readonly' },
    },
  },
)
