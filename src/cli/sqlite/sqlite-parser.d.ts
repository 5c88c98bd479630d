// The part of sqlite-parser's tree that the import reads: CREATE TABLE and CREATE INDEX. The package has no types of
// its own. It lower-cases names that are not quoted, so names are taken from SQLite itself.
declare module 'sqlite-parser' {
  export interface SqliteNode {
    readonly type: string
    readonly variant?: string
    readonly format?: string
    readonly name?: string | SqliteNode
    readonly value?: unknown
    readonly unique?: boolean
    readonly direction?: string
    readonly definition?: readonly SqliteNode[]
    readonly columns?: readonly SqliteNode[]
    readonly on?: SqliteNode
    readonly where?: readonly SqliteNode[]
    readonly expression?: SqliteNode
    readonly collate?: unknown
  }
  export interface SqliteTree {
    readonly statement: readonly SqliteNode[]
  }
  function parse(sql: string): SqliteTree
  export default parse
}
