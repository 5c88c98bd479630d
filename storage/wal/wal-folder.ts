// The folder of a log before its first segment: made, and cleared of what an earlier creation that
// was cut short left in it, but never of somebody's log.
import { corruption } from '../../src/base/errors.ts'
import type { FileSystem } from '../file/file.ts'
import { SEGMENT_HEADER_BYTES, listSegments, readWhole, segmentName } from './segment.ts'
import { holdsRecords } from './wal-reader.ts'

/** Folder of a database's log segments. */
export function walFolder(path: string): string {
  return `${path}-wal`
}

/** Makes the folder ready for a new log; `refusesLog`: XX001 when segments with records are in it. */
export function prepareFolder(files: FileSystem, folder: string, refusesLog: boolean): void {
  files.makeFolder(folder)
  const { numbers, spares } = listSegments(files, folder)
  const paths = numbers.map((number) => `${folder}/${segmentName(number)}`)
  for (const path of refusesLog ? paths : []) {
    const file = files.open(path, 'read')
    const bytes = readWhole(file)
    const isLog = holdsRecords(bytes) || startsLate(bytes)
    file.close()
    if (isLog) throw corruption(`"${path}" is the log of a database that is not there`, { file: path })
  }
  for (const path of paths) files.unlink(path)
  for (const name of spares) files.unlink(`${folder}/${name}`)
}

// A segment that starts above LSN 1 continues a log, even when it is empty: its database was checkpointed.
function startsLate(bytes: Uint8Array): boolean {
  if (bytes.length < SEGMENT_HEADER_BYTES) return false
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return view.getUint32(40, true) > 1 || view.getUint32(44, true) > 0
}
