// Temporary files of a database's queries: made when the first one spills, gone when the database is closed. They lie
// beside the database or where `tempDirectory` says; those of a database in memory in the system's folder for them.
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { spillBudget } from '../../exec/mod.ts'
import type { SpillSpace } from '../../exec/mod.ts'
import { FRAME_SIZE, MEMORY_PATH, NodeFileSystem, TempSpace, tempFolder } from '../../storage/mod.ts'
import type { Engine } from '../../storage/mod.ts'

const spaces = new WeakMap<Engine, TempSpace>()

/** Where the queries of an engine may spill to. Costs nothing until the first one does. */
export function spillSpace(engine: Engine): SpillSpace {
  return { budgetBytes: spillBudget(engine.memory.frameCount * FRAME_SIZE), create: () => spaceOf(engine).create() }
}

/** Closes and removes what is left of the temporary files. */
export function closeSpillSpace(engine: Engine): void {
  spaces.get(engine)?.close()
  spaces.delete(engine)
}

// A database in memory has no place of its own on the disk, and its files must not fill the memory it has.
function spaceOf(engine: Engine): TempSpace {
  let space = spaces.get(engine)
  if (space === undefined) {
    const { path, options, files } = engine.parts
    const given = options.tempDirectory
    const isMemory = path === MEMORY_PATH && options.files === null
    space = new TempSpace(isMemory ? new NodeFileSystem() : files,
      given ?? (isMemory ? join(tmpdir(), `secantdb-${process.pid}-tmp`) : tempFolder(path)))
    spaces.set(engine, space)
  }
  return space
}
