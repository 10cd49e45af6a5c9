// A guest whose ids are not those that are stored: ranges are mapped, and root or everybody may be squashed into an
// anonymous user as NFS does it. A wrapper, through which every id goes on its way in and out.

import { guestGid, guestUid, type GuestUid, NO_ID } from '../ids.js'
import type { GuestStat } from '../ownership/ownership.js'
import { ACL_NAMES } from '../ownership/xattr-names.js'
import { translateAcl, translateNewAcl } from '../ownership/acl-ids.js'
import type { AttributeChange } from './attributes.js'
import type { Owner } from './create.js'
import { IdMap, type IdRange } from '../ownership/id-map.js'
import type { GuestView } from './view.js'
import { wrapView } from './wrapped-view.js'

/** Who is taken for the anonymous user. */
export const squashPolicies = ['none', 'root', 'all'] as const
export type Squash = (typeof squashPolicies)[number]

/** How the ids of clients relate to those that are stored. Plain data. */
export interface IdSettings {
  readonly uids: readonly IdRange[]
  readonly gids: readonly IdRange[]
  readonly squash: Squash
  /** Stored for whoever is squashed. */
  readonly anonUid: number
  readonly anonGid: number
}

const isIdentity = ({ uids, gids, squash }: IdSettings): boolean =>
  uids.length === 0 && gids.length === 0 && squash === 'none'

/** One kind of id. */
class Translation {
  private readonly map: IdMap

  constructor(
    ranges: readonly IdRange[],
    private readonly squash: Squash,
    private readonly anonymous: number,
  ) {
    this.map = new IdMap(ranges)
  }

  isSquashed(id: number): boolean {
    return this.squash === 'all' || (this.squash === 'root' && id === 0)
  }

  /** What is stored for an id of the client, where NO_ID says "no change". An anonymous id needs no range. */
  stored(id: number): number {
    if (id === NO_ID) return id
    return this.isSquashed(id) ? this.anonymous : this.map.toHost(id)
  }

  /**
   * The same for the owner of a new object. Who does not say who they are (n_uname -1, as with access=any) is anonymous:
   * otherwise the object would stay the server's own, which under passthrough is root.
   */
  owning(id: number): number {
    if (id !== NO_ID) return this.stored(id)
    return this.map.isIdentity && this.squash === 'none' ? id : this.anonymous
  }

  /** What the client is shown for a stored id. Squashing goes one way, as in NFS. */
  shown(id: number): number {
    return this.map.toGuest(id)
  }
}

/** The view as clients with other ids see it; the view itself where there is nothing to translate. */
export function translateIds(view: GuestView, settings: IdSettings): GuestView {
  if (isIdentity(settings)) return view
  const uids = new Translation(settings.uids, settings.squash, settings.anonUid)
  const gids = new Translation(settings.gids, settings.squash, settings.anonGid)
  const incoming = { uid: (id: number) => uids.stored(id), gid: (id: number) => gids.stored(id) }
  const outgoing = { uid: (id: number) => uids.shown(id), gid: (id: number) => gids.shown(id) }

  const owner = (of: Owner): Owner => ({ uid: guestUid(uids.owning(of.uid)), gid: guestGid(gids.owning(of.gid)) })
  /** Who acts: a guest's root that is mapped is still root of what it may see, one that is squashed is nobody. */
  const actor = (id: GuestUid): GuestUid => (uids.isSquashed(id) ? guestUid(settings.anonUid) : id)
  const changed = (change: AttributeChange): AttributeChange => ({
    ...change,
    ...(change.uid === undefined ? {} : { uid: guestUid(uids.stored(change.uid)) }),
    ...(change.gid === undefined ? {} : { gid: guestGid(gids.stored(change.gid)) }),
  })
  const shown = (stat: GuestStat): GuestStat => ({
    ...stat,
    uid: guestUid(uids.shown(stat.uid)),
    gid: guestGid(gids.shown(stat.gid)),
  })

  return wrapView(view, {
    admit: (id) => void uids.stored(id),
    stat: (node) => shown(view.stat(node)),
    setattr: (node, change, id, open) => view.setattr(node, changed(change), actor(id), open),
    open: (node, flags, id) => view.open(node, flags, actor(id)),
    write: (node, open, bytes, offset, id) => view.write(node, open, bytes, offset, actor(id)),
    readdir: (directory, cookie, visit) =>
      view.readdir(directory, cookie, (entry) => visit({ ...entry, stat: shown(entry.stat) })),
    create: (dir, name, flags, mode, of, id) => {
      const created = view.create(dir, name, flags, mode, owner(of), actor(id))
      return { ...created, stat: shown(created.stat) }
    },
    mkdir: (dir, name, mode, of) => shown(view.mkdir(dir, name, mode, owner(of))),
    mknod: (dir, name, mode, rdev, of) => shown(view.mknod(dir, name, mode, rdev, owner(of))),
    symlink: (dir, name, target, of) => shown(view.symlink(dir, name, target, owner(of))),
    getxattr: (node, name) => {
      const value = view.getxattr(node, name)
      return ACL_NAMES.has(name) ? (translateAcl(value, outgoing) ?? value) : value
    },
    setxattr: (node, name, value, flags) =>
      view.setxattr(node, name, ACL_NAMES.has(name) ? translateNewAcl(value, incoming) : value, flags),
  })
}
