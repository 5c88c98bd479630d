// Names of relations. Inside the engine a relation has one full name: `item` in the schema `public`, `sales.item` in
// another one, `pg_temp_3.item` for a temporary table of session 3, `other.item` in an attached database. The text of
// a statement may say less; the search path decides then, in this order:
//
//   item          pg_temp of the session, then the schemas of search_path
//   public.item, main.item     item             pg_temp.item     pg_temp_<session>.item

const TEMPORARY = 'pg_temp'

/**
 * A name as syntax trees carry it: `main` is `public`, and a name with a dot in it (`"a.b"`) is one of `public`. With
 * an attached database, `other.public.item` is `other.item`; the database itself is called main.
 */
export function qualifiedName(schema: string, name: string, database = ''): string {
  if (database !== '' && database !== 'main') return `${database}.${inSchema(schema, name)}`
  if (schema === '') return name.includes('.') ? `public.${name}` : name
  return `${schema === 'main' ? 'public' : schema}.${name}`
}

/** The name that a text such as `s.t` or `"My T"` says, as in nextval('…'); null when it says none. */
export function parseRelationName(text: string): string | null {
  const parts = [...text.matchAll(/\s*(?:"((?:[^"]|"")+)"|([^\s".]+))\s*(\.|$)/gy)]
  const end = parts.reduce((length, [part]) => length + part.length, 0)
  if (end !== text.length || parts.length < 1 || parts.length > 2 || parts.at(-1)![3] !== '') return null
  const words = parts.map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain!.toLowerCase())
  return words.length === 2 ? qualifiedName(words[0]!, words[1]!) : qualifiedName('', words[0]!)
}

/** Schema of the temporary tables of a session. */
export function temporarySchema(session: number): string {
  return `${TEMPORARY}_${session}`
}

/** True for the full name of a temporary relation of any session. */
export function isTemporaryName(name: string): boolean {
  return /^pg_temp_\d+\./.test(name)
}

/** Full name of a relation in a schema. */
export function inSchema(schema: string, name: string): string {
  return schema === 'public' || schema === 'main' ? name : `${schema}.${name}`
}

/** The name without its schema. */
export function bareOf(name: string): string {
  return name.slice(name.indexOf('.') + 1)
}

/** Schema of a full name; `public` for names without one. */
export function schemaOf(name: string): string {
  const dot = name.indexOf('.')
  return dot < 0 ? 'public' : name.slice(0, dot)
}

/** The full name of `name` beside the relation `beside`: an index, or a renamed table, stays in its schema. */
export function besideOf(beside: string, name: string): string {
  return inSchema(schemaOf(beside), name)
}

/** Full names that a written name may mean, in order. `session` null: temporary ones only when they are named. */
export function candidates(name: string, path: readonly string[], session: number | null): string[] {
  const dot = name.indexOf('.')
  if (dot < 0) {
    const inPath = path.map(schema => inSchema(schema, name))
    return session === null ? inPath : [`${temporarySchema(session)}.${name}`, ...inPath]
  }
  const schema = name.slice(0, dot)
  const bare = name.slice(dot + 1)
  if (schema === 'public' || schema === 'main') return [bare]
  if (schema === TEMPORARY && session !== null) return [`${temporarySchema(session)}.${bare}`]
  return [name]
}
