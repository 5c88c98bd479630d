// The part of the WebAssembly JavaScript API the engine uses. Node has it as a global, but TypeScript
// declares it only in its DOM library, which would also let browser globals into the engine unnoticed.

declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array<ArrayBuffer>)
    static customSections(module: Module, name: string): ArrayBuffer[]
  }
  class Instance {
    constructor(module: Module, imports?: Imports)
    readonly exports: Record<string, CallableFunction>
  }
  class Memory {
    constructor(limits: { initial: number; maximum?: number; shared?: boolean })
    readonly buffer: SharedArrayBuffer
    grow(pages: number): number
  }
  type ImportValue = Memory | CallableFunction | number
  type Imports = Record<string, Record<string, ImportValue>>
  function validate(bytes: Uint8Array<ArrayBuffer>): boolean
  class CompileError extends Error {}
  class RuntimeError extends Error {}
  class LinkError extends Error {}
}
