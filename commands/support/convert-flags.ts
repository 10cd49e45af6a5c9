// The flags of `virtfs convert`, by what they are about.

import * as Flags from '@oclif/core/flags'
import { modelAliases, securityModels } from '../../src/index.js'
import { walkFlags } from './inspect-flags.js'

const models = [...securityModels, ...Object.keys(modelAliases)]

// oclif adds FLAGS to each.
const MAPPED = 'MAPPED MODEL'
const IDS = 'ID'
const LEFT = 'EXCEPTION'
const INTERRUPTED = 'INTERRUPTION'

const ranges = (description: string) =>
  Flags.string({
    ...{ description, helpValue: 'GUEST:HOST:COUNT', helpGroup: IDS },
    ...{ multiple: true as const, multipleNonGreedy: true },
  })

export const convertFlags = {
  to: Flags.option({
    description: 'The model that the tree is to have: mapped-xattr (or mapped), mapped-file, passthrough or none.',
    helpValue: 'MODEL',
    options: models,
  })(),
  from: Flags.option({
    description: 'The model that it has; recognised by what is stored if not given.',
    helpValue: 'MODEL',
    options: models,
  })(),
  output: Flags.string({ description: 'Build this directory, and leave TREE alone.', helpValue: 'DIR' }),
  'dry-run': Flags.boolean({ char: 'n', description: 'Show what would be done, and change nothing.' }),
  verify: Flags.boolean({ description: 'Compare what the guest sees before and after, entry by entry.' }),
  yes: Flags.boolean({ description: 'Change TREE in place without asking; needed where there is no terminal.' }),
  force: Flags.boolean({ description: 'Convert although another process has the tree open.' }),
  owner: Flags.string({
    description:
      "To whom all files will belong on this host, as chown takes it. Otherwise those that were the guest's own belong " +
      'to whoever runs this, or has sudo run it.',
    helpValue: 'USER:GROUP',
    helpGroup: MAPPED,
  }),
  fmode: Flags.string({
    description: "Host permissions of files, octal. Otherwise 0600 for those that were the guest's own.",
    helpValue: 'MODE',
    helpGroup: MAPPED,
  }),
  dmode: Flags.string({
    description: 'Host permissions of directories, octal. Otherwise 0700, likewise.',
    helpValue: 'MODE',
    helpGroup: MAPPED,
  }),
  'map-uid': ranges(
    "COUNT user ids, the guest's from GUEST on, are the host's from HOST on. Also written as u:0:100000:65536, b: being " +
      'for groups too, or map:0:100000:65536. Any number of times.',
  ),
  'map-gid': ranges('The same for group ids.'),
  'allow-setid': Flags.boolean({
    description: 'Let set-user-id and set-group-id files become real, which are left as they are otherwise.',
    helpGroup: LEFT,
  }),
  'allow-devices': Flags.boolean({
    description: 'Let character and block devices become real, which are left as they are otherwise.',
    helpGroup: LEFT,
  }),
  'skip-forbidden': Flags.boolean({
    description: 'Leave what takes a privilege that you have not, instead of doing nothing at all.',
    helpGroup: LEFT,
  }),
  ...walkFlags('TREE'),
  resume: Flags.boolean({
    description: 'Go on with a conversion that was interrupted.',
    helpGroup: INTERRUPTED,
    exclusive: ['abort'],
  }),
  abort: Flags.boolean({
    description: 'Put back what an interrupted conversion has changed.',
    helpGroup: INTERRUPTED,
    exclusive: ['resume'],
  }),
  json: Flags.boolean({ description: 'Print one JSON document.', exclusive: ['jsonl'] }),
  jsonl: Flags.boolean({
    description: 'Print each change that is made as a line of JSON, and all else on stderr.',
    exclusive: ['json'],
  }),
}

/** What oclif makes of them: one that was not given is undefined, whatever oclif says its type is. Text is bytes (Latin-1). */
export interface ConvertFlags {
  readonly to: string | undefined
  readonly from: string | undefined
  readonly output: string | undefined
  readonly owner: string | undefined
  readonly fmode: string | undefined
  readonly dmode: string | undefined
  readonly 'map-uid': readonly string[] | undefined
  readonly 'map-gid': readonly string[] | undefined
  readonly 'allow-setid': boolean | undefined
  readonly 'allow-devices': boolean | undefined
  readonly 'skip-forbidden': boolean | undefined
  readonly include: readonly string[] | undefined
  readonly exclude: readonly string[] | undefined
  readonly 'one-file-system': boolean | undefined
  readonly jobs: number | undefined
  readonly resume: boolean | undefined
  readonly abort: boolean | undefined
  readonly verify: boolean | undefined
  readonly force: boolean | undefined
  readonly jsonl: boolean | undefined
}
