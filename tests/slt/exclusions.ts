// Records of foreign files that we do not answer as the file expects, one by one, each with its reason.

const NUMERIC_NULLIF = 'NULLIF(integer, numeric) is numeric in PostgreSQL, so the division does not truncate'
const NO_AFFINITY = 'SQLite compares values of any two types; PostgreSQL, and we, refuse text with integer'
const ASSIGNED_TWICE = 'SQLite lets the last assignment to a column win; PostgreSQL, and we, refuse it (42601)'
const TOO_LONG = 'SQLite ignores the length of VARCHAR(16); PostgreSQL, and we, refuse a longer text (22001)'

const EXCLUSIONS: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  'random/expr/slt_good_0.test': { 46601: NUMERIC_NULLIF },
  'evidence/in1.test': { 279: NO_AFFINITY, 290: NO_AFFINITY, 313: NO_AFFINITY, 324: NO_AFFINITY },
  'evidence/slt_lang_replace.test': { 38: TOO_LONG, 42: TOO_LONG, 58: TOO_LONG, 62: TOO_LONG },
  'evidence/slt_lang_update.test': { 88: ASSIGNED_TWICE, 98: ASSIGNED_TWICE, 104: ASSIGNED_TWICE },
}

/** Lines of a file that are left out, with the reasons. */
export function exclusionsOf(path: string): ReadonlyMap<number, string> {
  const name = Object.keys(EXCLUSIONS).find(one => path.endsWith(one))
  return new Map(Object.entries(name === undefined ? {} : EXCLUSIONS[name]!).map(([line, why]) => [Number(line), why]))
}
