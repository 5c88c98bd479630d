// What the page store and the engine tell each other: the root that a checkpoint makes durable, the root that
// opening found, and the store's counters. The bytes of a root are meta-slot.ts.
/** The fields of a root that the engine decides. */
export interface StoreRoot {
  catalogPage: number
  /** Recovery starts here when this root is used. */
  redoLsn: number
  commitId: number
  /** Up to 1,024 bytes the engine wants back at open. */
  extra?: Uint8Array
}

/** What open() found. */
export interface StoreMeta {
  epoch: number
  catalogPage: number
  redoLsn: number
  commitId: number
  extra: Uint8Array
  databaseId: Uint8Array
  /** Set when a newer root was passed over (salvage only): what it alone held is lost. */
  damage: string | null
}

/** Counters since open, and the shape of the file. */
export interface StoreStats {
  pagesRead: number
  pagesWritten: number
  bytesWritten: number
  checkpoints: number
  fileBytes: number
  freeBlocks: number
  usedBlocks: number
  pageCount: number
}
