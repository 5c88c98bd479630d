// The three bodies of the file interface keep one contract; the real one is also met by another process
// and by short transfers, the simulated one by crashes and faults.
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { codeOf, testFileSystem } from '../../storage/file/file.conformance.ts'
import { lockByPidFile } from '../../storage/file/file-lock.ts'
import { MemoryFileSystem } from '../../storage/file/memory-file.ts'
import { NodeFileSystem } from '../../storage/file/node-file.ts'
import { CRASH_POLICIES, FaultyFileSystem, SimulatedCrash } from './faulty-file.ts'

const root = mkdtempSync(join(tmpdir(), 'secantdb-file-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

describe('memory', () => testFileSystem(() => ({ files: new MemoryFileSystem(), folder: '.' })))
describe('simulated', () => testFileSystem(() => ({ files: new FaultyFileSystem(), folder: '.' })))

describe('real', () => {
  testFileSystem(() => ({ files: new NodeFileSystem(), folder: mkdtempSync(join(root, 'case-')) }))

  test('another process cannot take the lock, not even through a symbolic link, until it is released', async () => {
    const path = join(root, 'locked.sdb')
    writeFileSync(path, '')
    symlinkSync(path, join(root, 'link.sdb'))
    const script = `require('node:net').createServer().on('error', (e) => { console.log(e.code) })
      .listen({ path: process.argv[1] }, function () { console.log('got'); this.close() })`
    const { statSync } = await import('node:fs')
    const stat = statSync(path, { bigint: true })
    const name = `\0secantdb-${stat.dev.toString(16)}-${stat.ino.toString(16)}`
    const other = (): string => {
      const code = script.replace('process.argv[1]', JSON.stringify(name))
      return spawnSync(process.execPath, ['-e', code], { encoding: 'utf8' }).stdout.trim()
    }
    if (process.platform !== 'linux') return expect(process.platform).not.toBe('linux')
    const files = new NodeFileSystem()
    const lock = await files.lock(path)
    expect(other()).toBe('EADDRINUSE')
    await expect(files.lock(join(root, 'link.sdb'))).rejects.toMatchObject({ code: '55006' })
    lock.release()
    expect(other()).toBe('got')
  })

  test('the process-id lock: held, released, taken over from a process that is gone', async () => {
    const path = join(root, 'pid.sdb')
    const lock = await lockByPidFile(path)
    await expect(lockByPidFile(path)).rejects.toMatchObject({ code: '55006' })
    lock.release()
    const gone = spawnSync(process.execPath, ['-e', 'console.log(process.pid)'], { encoding: 'utf8' }).stdout.trim()
    writeFileSync(`${path}.lock`, gone)
    const taken = await lockByPidFile(path)
    expect(readFileSync(`${path}.lock`, 'utf8')).toBe(String(process.pid))
    taken.release()
    expect(existsSync(`${path}.lock`)).toBe(false)
  })

  test('a file without write permission cannot be opened for writing', () => {
    const path = join(root, 'readonly.sdb')
    writeFileSync(path, 'x')
    chmodSync(path, 0o444)
    const files = new NodeFileSystem()
    files.open(path, 'read').close()
    const isRoot = process.getuid?.() === 0
    expect(codeOf(() => files.open(path, 'write').close())).toBe(isRoot ? 'none' : '25006')
  })
})

describe('simulated disk', () => {
  test('a crash keeps what was synced and nothing else, by policy', () => {
    for (const policy of CRASH_POLICIES) {
      for (let seed = 1; seed <= 50; seed++) {
        const disk = new FaultyFileSystem()
        const file = disk.open('a', 'create')
        file.write(0, new Uint8Array(4096).fill(1))
        file.sync()
        disk.syncDir('.')
        file.write(0, new Uint8Array(2048).fill(2))
        file.write(4096, new Uint8Array(1024).fill(3))
        const image = disk.crash(policy, new Random(seed)).bytesOf('a')
        expect(image.length).toBeGreaterThanOrEqual(4096)
        expect(image.subarray(2048, 4096).every((byte) => byte === 1)).toBe(true)
        if (policy === 'none') expect(image.length === 4096 && image[0] === 1).toBe(true)
        if (policy === 'all') expect([image.length, image[0], image[4096]]).toEqual([5120, 2, 3])
        if (policy === 'prefix') expect(image[4096] === undefined || image[0] === 2).toBe(true)
      }
    }
  })

  test('names are durable only after syncDir', () => {
    const disk = new FaultyFileSystem()
    const random = new Random(1)
    disk.makeFolder('f')
    disk.open('f/a', 'create').sync()
    expect(disk.crash('none', random).exists('f')).toBe(false)
    disk.syncDir('f')
    expect(disk.crash('none', random).exists('f/a')).toBe(false)
    disk.syncDir('.')
    expect(disk.crash('none', random).exists('f/a')).toBe(true)
    disk.rename('f/a', 'f/b')
    expect(disk.crash('none', random).list('f')).toEqual(['a'])
    expect(disk.crash('all', random).list('f')).toEqual(['b'])
    disk.syncDir('f')
    expect(disk.crash('none', random).list('f')).toEqual(['b'])
  })

  test('after the crash step every operation fails', () => {
    const disk = new FaultyFileSystem()
    disk.crashAtStep = 2
    const file = disk.open('a', 'create')
    expect(() => file.write(0, Uint8Array.of(1))).toThrow(SimulatedCrash)
    expect(() => file.read(0, new Uint8Array(1))).toThrow(SimulatedCrash)
    expect(disk.crash('all', new Random(1)).bytesOf('a')).toEqual(Uint8Array.of(1))
  })

  test('faults: error codes, n-th, sticky, path, fsync failure modes', () => {
    const disk = new FaultyFileSystem()
    disk.faults = [
      { operation: 'write', nth: 2, what: 'ENOSPC', isSticky: true, path: 'a' },
      { operation: 'sync', nth: 1, what: 'fsync-drop', path: 'b' },
      { operation: 'sync', nth: 1, what: 'fsync-late', path: 'c' },
      { operation: 'read', nth: 1, what: 'bit-flip', path: 'b' },
    ]
    const a = disk.open('a', 'create')
    const b = disk.open('b', 'create')
    const c = disk.open('c', 'create')
    const one = Uint8Array.of(1)
    a.write(0, one)
    expect([codeOf(() => a.write(0, one)), codeOf(() => a.write(0, one))]).toEqual(['53100', '53100'])
    b.write(0, one)
    expect(codeOf(() => b.sync())).toBe('58030')
    expect(codeOf(() => b.sync())).toBe('none')
    expect(disk.syncRetries).toBe(1)
    c.write(0, one)
    expect([codeOf(() => c.sync()), codeOf(() => c.sync())]).toEqual(['none', '58030'])
    const byte = new Uint8Array(1)
    b.read(0, byte)
    expect(byte[0]).toBe(0)
    disk.syncDir('.')
    expect(disk.crash('all', new Random(1)).bytesOf('b').length).toBe(0)
    expect(disk.allFaultsMet).toBe(true)
  })
})
