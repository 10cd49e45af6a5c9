// The names that mapped-file keeps its data under.

import { type Name, nameFromText } from '../name.js'

/** Holds the records of the directory that it is in. */
export const METADATA_DIRECTORY: Name = nameFromText('.virtfs_metadata')
/** The record of an export's root, which has no name inside the export; it lies in the root itself. */
export const ROOT_RECORD: Name = nameFromText('.virtfs_metadata_root')
