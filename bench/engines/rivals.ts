// Finds rival libraries. They are installed below bench/, not beside the engine, so a plain import
// from the compiled files would not see them; one that is absent is reported, never fatal.
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** Thrown when a rival cannot be loaded; the runner prints the reason and skips it. */
export class RivalMissing extends Error {}

/** Root folder of the project, from the source tree and from the compiled tree alike. */
export function projectRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'bench', 'package.json'))) {
    const parent = dirname(folder)
    if (parent === folder) throw new Error('the bench folder of the project is not above this file')
    folder = parent
  }
  return folder
}

/** Imports a rival from bench/node_modules. Throws {@link RivalMissing} with the reason. */
export async function loadRival(name: string): Promise<{ module: unknown; version: string }> {
  const require = createRequire(join(projectRoot(), 'bench', 'package.json'))
  try {
    const module: unknown = await import(pathToFileURL(require.resolve(name)).href)
    return { module, version: versionOf(require.resolve(name), name) }
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error)
    throw new RivalMissing(`${name}: ${reason}`)
  }
}

function versionOf(entry: string, name: string): string {
  let folder = dirname(entry)
  while (!existsSync(join(folder, 'package.json')) || !folder.endsWith(name)) {
    const parent = dirname(folder)
    if (parent === folder) return ''
    folder = parent
  }
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }
  return manifest.version
}
