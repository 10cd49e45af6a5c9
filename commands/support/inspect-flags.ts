// The flags of the commands that look at trees, and those of the ones that walk through them.

import * as Flags from '@oclif/core/flags'
import { modelAliases, namingChoices, securityModels } from '../../src/index.js'

const AUTO = 'auto'

/** Which export, under which model, and whose names its owners have. */
export const inspectFlags = {
  root: Flags.string({ description: 'The exported directory; found from PATH if not given.', helpValue: 'TREE' }),
  'security-model': Flags.option({
    description: 'How the tree keeps ownership: mapped-xattr (or mapped), mapped-file, passthrough, none, or auto.',
    helpValue: 'MODEL',
    options: [AUTO, ...securityModels, ...Object.keys(modelAliases)],
    default: AUTO,
  })(),
  names: Flags.option({
    description:
      "Whose names owners have: the tree's own (guest, from its etc/passwd and etc/group), this host's, or none. " +
      "The tree's own where it has any, otherwise this host's, if not given.",
    helpValue: 'WHOSE',
    options: namingChoices,
  })(),
}

const JOBS_MAX = 256

/** What a walk goes through, below what the command calls `where`. */
export const walkFlags = (where: 'PATH' | 'TREE') => ({
  include: Flags.string({
    description: `Only entries that the pattern matches: a fast-glob pattern, relative to ${where}. Any number of times.`,
    helpValue: 'GLOB',
    multiple: true,
    multipleNonGreedy: true,
  }),
  exclude: Flags.string({
    description: 'No entry that the pattern matches, and nothing below it. Any number of times.',
    helpValue: 'GLOB',
    multiple: true,
    multipleNonGreedy: true,
  }),
  'one-file-system': Flags.boolean({ char: 'x', description: `Stay on the file system that ${where} is on.` }),
  'no-progress': Flags.boolean({ description: 'Show no progress, on terminals either.' }),
  jobs: Flags.integer({
    description: 'How many threads work; as many as there are processors if not given.',
    helpValue: 'N',
    min: 1,
    max: JOBS_MAX,
  }),
})
