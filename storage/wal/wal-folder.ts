// The folder of a log before its first segment: made, and cleared of what an earlier creation that
// was cut short left in it, but never of somebody's log.
import { corruption } from '../../src/base/errors.ts'
import type { FileSystem } from '../file/file.ts'
import { listSegments, readWhole, segmentName } from './segment.ts'
import { holdsRecords } from './wal-reader.ts'

/** Makes the folder ready for a new log; `refusesLog`: XX001 when segments with records are in it. */
export function prepareFolder(files: FileSystem, folder: string, refusesLog: boolean): void {
  files.makeFolder(folder)
  const { numbers, spares } = listSegments(files, folder)
  const paths = numbers.map((number) => `${folder}/${segmentName(number)}`)
  for (const path of refusesLog ? paths : []) {
    const file = files.open(path, 'read')
    const isLog = holdsRecords(readWhole(file))
    file.close()
    if (isLog) throw corruption(`"${path}" is the log of a database that is not there`, { file: path })
  }
  for (const path of paths) files.unlink(path)
  for (const name of spares) files.unlink(`${folder}/${name}`)
}
