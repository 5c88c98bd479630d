// What every body of the file interface must do; run by its tests with a fresh file system each time.
import { expect, test } from 'vitest'
import { DatabaseError } from '../../src/base/errors.ts'
import type { FileSystem } from './file.ts'

/** Code of the DatabaseError that `body` throws, 'none' when it does not. */
export function codeOf(body: () => unknown): string {
  try {
    body()
  } catch (error) {
    if (error instanceof DatabaseError) return error.code
    throw error
  }
  return 'none'
}

type Maker = () => { files: FileSystem; folder: string }

/** Defines the shared tests. `make` gives an empty folder to work in. */
export function testFileSystem(make: Maker): void {
  testBytes(make)
  testAsync(make)
  testNames(make)
  testLocksAndSyncs(make)
}

function testBytes(make: Maker): void {
  test('writes read back at any offset, and only the end of the file reads short', () => {
    const { files, folder } = make()
    const file = files.open(`${folder}/a`, 'create')
    file.write(5, Uint8Array.of(1, 2, 3))
    file.writev(8, [Uint8Array.of(4), new Uint8Array(0), Uint8Array.of(5, 6)])
    expect(file.size()).toBe(11)
    const bytes = new Uint8Array(20).fill(9)
    expect(file.read(3, bytes)).toBe(8)
    expect([...bytes.subarray(0, 9)]).toEqual([0, 0, 1, 2, 3, 4, 5, 6, 9])
    expect(file.read(11, bytes)).toBe(0)
    expect(file.read(100, bytes)).toBe(0)
    file.close()
  })

  test('views over shared WebAssembly memory are read and written', () => {
    const { files, folder } = make()
    const memory = new WebAssembly.Memory({ initial: 2, maximum: 2, shared: true })
    const bytes = new Uint8Array(memory.buffer)
    for (let i = 0; i < 65536; i++) bytes[i] = i * 7
    const file = files.open(`${folder}/a`, 'create')
    file.write(0, bytes.subarray(0, 65536))
    expect(file.read(0, bytes.subarray(65536))).toBe(65536)
    expect(bytes.subarray(65536).every((byte, i) => byte === ((i * 7) & 255))).toBe(true)
    file.close()
  })

  test('more buffers than one writev takes', () => {
    const { files, folder } = make()
    const file = files.open(`${folder}/a`, 'create')
    const sources = Array.from({ length: 2500 }, (_, i) => Uint8Array.of(i & 255, i >> 8))
    file.writev(3, sources)
    const bytes = new Uint8Array(5000)
    expect(file.read(3, bytes)).toBe(5000)
    expect(sources.every((source, i) => bytes[2 * i] === source[0] && bytes[2 * i + 1] === source[1])).toBe(true)
    file.close()
  })

  test('truncation cuts and extends with zeros', () => {
    const { files, folder } = make()
    const file = files.open(`${folder}/a`, 'create')
    file.write(0, new Uint8Array(10).fill(7))
    file.truncate(4)
    file.truncate(6)
    const bytes = new Uint8Array(10).fill(1)
    expect(file.read(0, bytes)).toBe(6)
    expect([...bytes]).toEqual([7, 7, 7, 7, 0, 0, 1, 1, 1, 1])
    file.close()
  })

  test('create opens what exists without cutting it; handles see each other', () => {
    const { files, folder } = make()
    const one = files.open(`${folder}/a`, 'create')
    one.write(0, Uint8Array.of(1))
    const two = files.open(`${folder}/a`, 'create')
    expect(two.size()).toBe(1)
    two.write(1, Uint8Array.of(2))
    expect(one.size()).toBe(2)
    one.close()
    two.close()
  })

}

function testAsync(make: Maker): void {
  test('the asynchronous calls move the same bytes', async () => {
    const { files, folder } = make()
    const file = files.open(`${folder}/a`, 'create')
    await Promise.all([0, 1, 2].map((i) => file.writeAsync(i * 3, Uint8Array.of(i, i, i))))
    await file.syncAsync()
    const bytes = new Uint8Array(12).fill(7)
    expect(await file.readAsync(1, bytes)).toBe(8)
    expect([...bytes]).toEqual([0, 0, 1, 1, 1, 2, 2, 2, 7, 7, 7, 7])
    const late = file.readAsync(0, bytes.subarray(0, 9))
    file.close()
    expect(await late).toBe(9)
    await expect(file.readAsync(0, bytes)).rejects.toMatchObject({ code: '55000' })
    const { read, write, sync } = files.counters.latency
    expect([read.figures().count, write.figures().count]).toEqual([files.counters.reads, files.counters.writes])
    expect(sync.figures().count).toBeGreaterThan(0)
  })
}

function testNames(make: Maker): void {
  test('missing files and folders, directories, closed and read-only handles are errors with codes', () => {
    const { files, folder } = make()
    expect(codeOf(() => files.open(`${folder}/none`, 'read'))).toBe('58P01')
    expect(codeOf(() => files.open(`${folder}/none`, 'write'))).toBe('58P01')
    expect(codeOf(() => files.open(`${folder}/no/file`, 'create'))).toBe('58P01')
    expect(codeOf(() => files.open(folder, 'read'))).toBe('42809')
    expect(codeOf(() => files.list(`${folder}/none`))).toBe('58P01')
    expect(codeOf(() => files.unlink(`${folder}/none`))).toBe('58P01')
    const file = files.open(`${folder}/a`, 'create')
    file.write(0, Uint8Array.of(1))
    file.close()
    file.close()
    expect(codeOf(() => file.read(0, new Uint8Array(1)))).toBe('55000')
    const reader = files.open(`${folder}/a`, 'read')
    expect(codeOf(() => reader.write(0, Uint8Array.of(2)))).toBe('58030')
    reader.close()
  })

  test('folders, rename over an existing file, unlink', () => {
    const { files, folder } = make()
    files.makeFolder(`${folder}/f`)
    files.makeFolder(`${folder}/f`)
    expect(files.isDirectory(`${folder}/f`)).toBe(true)
    for (const [name, value] of [['b', 1], ['a', 2]] as const) {
      const file = files.open(`${folder}/f/${name}`, 'create')
      file.write(0, Uint8Array.of(value))
      file.close()
    }
    expect(files.list(`${folder}/f`)).toEqual(['a', 'b'])
    files.rename(`${folder}/f/b`, `${folder}/f/a`)
    expect(files.list(`${folder}/f`)).toEqual(['a'])
    const file = files.open(`${folder}/f/a`, 'read')
    const byte = new Uint8Array(1)
    file.read(0, byte)
    expect(byte[0]).toBe(1)
    file.close()
    files.unlink(`${folder}/f/a`)
    files.syncDir(`${folder}/f`)
    files.removeFolder(`${folder}/f`)
    expect(files.exists(`${folder}/f`)).toBe(false)
  })

}

function testLocksAndSyncs(make: Maker): void {
  test('one lock per file, free again after release', async () => {
    const { files, folder } = make()
    files.open(`${folder}/a`, 'create').close()
    const lock = await files.lock(`${folder}/a`)
    await expect(files.lock(`${folder}/a`)).rejects.toMatchObject({ code: '55006' })
    lock.release()
    await new Promise((resolve) => setImmediate(resolve))
    const again = await files.lock(`${folder}/a`)
    again.release()
    await expect(files.lock(`${folder}/none`)).rejects.toMatchObject({ code: '58P01' })
  })

  test('counters count calls and bytes; syncs resolve', async () => {
    const { files, folder } = make()
    const file = files.open(`${folder}/a`, 'create')
    const before = { ...files.counters }
    file.write(0, new Uint8Array(100))
    file.read(0, new Uint8Array(40))
    file.sync()
    await file.syncAsync()
    file.close()
    expect(files.counters.writes - before.writes).toBe(1)
    expect(files.counters.bytesWritten - before.bytesWritten).toBe(100)
    expect(files.counters.bytesRead - before.bytesRead).toBe(40)
    expect(files.counters.syncs - before.syncs).toBe(2)
  })

  test('asking ahead changes nothing, also behind the end and when the file is closed meanwhile', async () => {
    const { files, folder } = make()
    const file = files.open(`${folder}/a`, 'create')
    file.write(0, Uint8Array.from({ length: 5000 }, (_, i) => i))
    const before = { ...files.counters }
    file.prefetch(100, 3000)
    file.prefetch(4000, 1 << 22)
    file.prefetch(1 << 30, 4096)
    expect(file.size()).toBe(5000)
    expect({ ...files.counters }).toEqual(before)
    const target = new Uint8Array(5000)
    expect(file.read(0, target)).toBe(5000)
    expect(target[4999]).toBe(4999 & 255)
    file.prefetch(0, 5000)
    file.close()
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(codeOf(() => file.prefetch(0, 1))).toBe('55000')
  })

  test('closing while an asynchronous sync is in flight is safe', async () => {
    const { files, folder } = make()
    const file = files.open(`${folder}/a`, 'create')
    file.write(0, new Uint8Array(5000))
    const pending = file.syncAsync()
    file.close()
    await pending
    expect(codeOf(() => file.size())).toBe('55000')
  })
}
