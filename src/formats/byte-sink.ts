// Where written bytes go: a file, replaced only when writing starts, or any writable stream such as standard
// output. Small writes are gathered into 256 KiB; a slow stream holds the writer back.

import { open, type FileHandle } from 'node:fs/promises'
import { once } from 'node:events'
import type { Writable } from 'node:stream'
import { fileError } from '../../storage/file/file.ts'
import type { ByteSink } from './format.ts'

const GATHER_BYTES = 256 << 10

/** A sink over a path or a stream. Throws 58P01, 42809, 25006, 53100, 58030. */
export async function openByteSink(target: string | Writable): Promise<ByteSink> {
  if (typeof target !== 'string') return gathered((bytes) => writeToStream(target, bytes), async () => {})
  let handle: FileHandle
  try {
    handle = await open(target, 'w')
  } catch (cause) {
    throw fileError('write', target, cause)
  }
  const write = async (bytes: Uint8Array): Promise<void> => {
    try {
      for (let done = 0; done < bytes.length;) done += (await handle.write(bytes, done)).bytesWritten
    } catch (cause) {
      throw fileError('write', target, cause)
    }
  }
  return gathered(write, () => handle.close())
}

async function writeToStream(stream: Writable, bytes: Uint8Array): Promise<void> {
  if (stream.destroyed || stream.writableEnded) return
  if (!stream.write(bytes)) await once(stream, 'drain')
}

function gathered(write: (bytes: Uint8Array) => Promise<void>, close: () => Promise<void>): ByteSink {
  let parts: Uint8Array[] = []
  let size = 0
  const flush = async (): Promise<void> => {
    const bytes = parts.length === 1 ? parts[0]! : Buffer.concat(parts)
    parts = []
    size = 0
    if (bytes.length > 0) await write(bytes)
  }
  return {
    async write(bytes) {
      const chunk = typeof bytes === 'string' ? Buffer.from(bytes) : bytes
      parts.push(chunk)
      size += chunk.length
      if (size >= GATHER_BYTES) await flush()
    },
    async close() {
      await flush()
      await close()
    },
  }
}
