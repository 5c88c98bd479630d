// Every character that this Node's own Unicode tables (ICU) assign, as a table: the real data set that needs no
// download. Code points are clustered with holes between the blocks, which is what makes them a fair test for
// a learned index. Surrogates are left out: they are no characters and have no UTF-8. Private-use characters
// are in (they are assigned), with little to say about them.
//
// Properties come from regular expressions with \p{…}, run once over one long string of all characters: one
// pass per property value instead of one test per character and value.

import stringWidth from 'string-width'
import type { ColumnData } from '../src/formats/format.ts'
import {
  BOOLEAN, INTEGER, SMALLINT, TEXT, type ColumnSchema, type Scalar, type SqlType,
} from '../src/base/types.ts'

/** A table made in memory: what to create, and its rows as columns of Scalars. */
export interface TableData {
  readonly name: string
  readonly createSql: string
  readonly columns: readonly ColumnSchema[]
  readonly data: ColumnData[]
  readonly rowCount: number
}

const CREATE = `CREATE TABLE unicode (
  code_point INTEGER PRIMARY KEY,
  char TEXT NOT NULL,
  notation TEXT NOT NULL,
  category TEXT NOT NULL,
  script TEXT NOT NULL,
  upper TEXT,
  lower TEXT,
  decomposition TEXT,
  compatibility TEXT,
  is_combining BOOLEAN NOT NULL,
  is_alphabetic BOOLEAN NOT NULL,
  is_ideographic BOOLEAN NOT NULL,
  is_emoji BOOLEAN NOT NULL,
  is_whitespace BOOLEAN NOT NULL,
  digit SMALLINT,
  width SMALLINT NOT NULL,
  utf8_bytes SMALLINT NOT NULL,
  plane SMALLINT NOT NULL
)`

const CATEGORIES = ['Lu', 'Ll', 'Lt', 'Lm', 'Lo', 'Mn', 'Mc', 'Me', 'Nd', 'Nl', 'No', 'Pc', 'Pd', 'Ps', 'Pe', 'Pi',
  'Pf', 'Po', 'Sm', 'Sc', 'Sk', 'So', 'Zs', 'Zl', 'Zp', 'Cc', 'Cf', 'Co']

/** Scripts up to Unicode 17; those this Node does not know are skipped. */
const SCRIPTS = `Adlam Ahom Anatolian_Hieroglyphs Arabic Armenian Avestan Balinese Bamum Bassa_Vah Batak Bengali
  Beria_Erfe Bhaiksuki Bopomofo Brahmi Braille Buginese Buhid Canadian_Aboriginal Carian Caucasian_Albanian Chakma
  Cham Cherokee
  Chorasmian Common Coptic Cuneiform Cypriot Cypro_Minoan Cyrillic Deseret Devanagari Dives_Akuru Dogra Duployan
  Egyptian_Hieroglyphs Elbasan Elymaic Ethiopic Garay Georgian Glagolitic Gothic Grantha Greek Gujarati Gunjala_Gondi
  Gurmukhi Gurung_Khema Han Hangul Hanifi_Rohingya Hanunoo Hatran Hebrew Hiragana Imperial_Aramaic Inherited
  Inscriptional_Pahlavi Inscriptional_Parthian Javanese Kaithi Kannada Katakana Kawi Kayah_Li Kharoshthi
  Khitan_Small_Script Khmer Khojki Khudawadi Kirat_Rai Lao Latin Lepcha Limbu Linear_A Linear_B Lisu Lycian Lydian
  Mahajani Makasar Malayalam Mandaic Manichaean Marchen Masaram_Gondi Medefaidrin Meetei_Mayek Mende_Kikakui
  Meroitic_Cursive Meroitic_Hieroglyphs Miao Modi Mongolian Mro Multani Myanmar Nabataean Nag_Mundari Nandinagari
  New_Tai_Lue Newa Nko Nushu Nyiakeng_Puachue_Hmong Ogham Ol_Chiki Ol_Onal Old_Hungarian Old_Italic Old_North_Arabian
  Old_Permic Old_Persian Old_Sogdian Old_South_Arabian Old_Turkic Old_Uyghur Oriya Osage Osmanya Pahawh_Hmong
  Palmyrene Pau_Cin_Hau Phags_Pa Phoenician Psalter_Pahlavi Rejang Runic Samaritan Saurashtra Sharada Shavian Siddham
  Sidetic SignWriting Sinhala Sogdian Sora_Sompeng Soyombo Sundanese Sunuwar Syloti_Nagri Syriac Tagalog Tagbanwa
  Tai_Le Tai_Tham Tai_Viet Tai_Yo Takri Tamil Tangsa Tangut Telugu Thaana Thai Tibetan Tifinagh Tirhuta Todhri
  Tolong_Siki Toto Tulu_Tigalari Ugaritic Vai Vithkuqi Wancho Warang_Citi Yezidi Yi Zanabazar_Square`.split(/\s+/)

/** All rows, in code point order. About 300,000 rows in 1 to 2 seconds. */
export function unicodeTable(): TableData {
  const points = assignedPoints()
  const chars = points.map((point) => String.fromCodePoint(point))
  const text = chars.join('')
  const rowAt = rowsByUnit(chars, text.length)
  const flag = (property: string): Int32Array => {
    const out = new Int32Array(points.length)
    forEachMatch(text, rowAt, property, (row) => { out[row] = 1 })
    return out
  }
  const name = (kind: string, values: readonly string[], other: string): Scalar[] => {
    const out: Scalar[] = new Array<Scalar>(points.length).fill(other)
    for (const value of values) forEachMatch(text, rowAt, `${kind}=${value}`, (row) => { out[row] = value })
    return out
  }
  const categories = name('gc', CATEGORIES, 'Cn')
  const mapped = (map: (char: string) => string): Scalar[] => chars.map((char, row) => {
    if (categories[row] === 'Co') return null
    const image = map(char)
    return image === char ? null : image
  })
  const named: [string, SqlType, boolean, ColumnData][] = [
    ['code_point', INTEGER, false, Int32Array.from(points)],
    ['char', TEXT, false, chars],
    ['notation', TEXT, false, points.map((point) => 'U+' + point.toString(16).toUpperCase().padStart(4, '0'))],
    ['category', TEXT, false, categories],
    ['script', TEXT, false, name('Script', SCRIPTS, 'Unknown')],
    ['upper', TEXT, true, mapped((char) => char.toUpperCase())],
    ['lower', TEXT, true, mapped((char) => char.toLowerCase())],
    ['decomposition', TEXT, true, mapped((char) => char.normalize('NFD'))],
    ['compatibility', TEXT, true, mapped((char) => char.normalize('NFKD'))],
    ['is_combining', BOOLEAN, false, flag('M')],
    ['is_alphabetic', BOOLEAN, false, flag('Alphabetic')],
    ['is_ideographic', BOOLEAN, false, flag('Ideographic')],
    ['is_emoji', BOOLEAN, false, flag('Emoji')],
    ['is_whitespace', BOOLEAN, false, flag('White_Space')],
    ['digit', SMALLINT, true, digits(points, categories)],
    ['width', SMALLINT, false, widths(chars, categories)],
    ['utf8_bytes', SMALLINT, false, Int32Array.from(points, utf8Bytes)],
    ['plane', SMALLINT, false, Int32Array.from(points, (point) => point >> 16)],
  ]
  return {
    name: 'unicode', createSql: CREATE, rowCount: points.length,
    columns: named.map(([column, type, nullable]) => ({ name: column, type, nullable })),
    data: named.map(([, , , data]) => data),
  }
}

/** Code points that are assigned and are no surrogates. */
function assignedPoints(): number[] {
  const points: number[] = []
  const assigned = /^[\P{Cn}]$/u
  for (let point = 0; point <= 0x10ffff; point++) {
    if (point >= 0xd800 && point <= 0xdfff) continue
    // The private-use planes are assigned but for their last two code points each.
    const isPrivate = point >= 0xf0000 && (point & 0xffff) < 0xfffe
    if (isPrivate || (point < 0xf0000 && assigned.test(String.fromCodePoint(point)))) points.push(point)
  }
  return points
}

/** Row of the character at each UTF-16 unit of the joined text. */
function rowsByUnit(chars: readonly string[], length: number): Int32Array {
  const rows = new Int32Array(length)
  let unit = 0
  for (let row = 0; row < chars.length; row++) {
    for (let i = 0; i < chars[row]!.length; i++) rows[unit++] = row
  }
  return rows
}

/** Calls back with every row whose character has the property; unknown property values match nothing. */
function forEachMatch(text: string, rowAt: Int32Array, property: string, found: (row: number) => void): void {
  let pattern: RegExp
  try {
    pattern = new RegExp(`\\p{${property}}+`, 'gu')
  } catch (error) {
    if (error instanceof SyntaxError) return
    throw error
  }
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const last = rowAt[match.index + match[0].length - 1]!
    for (let row = rowAt[match.index]!; row <= last; row++) found(row)
  }
}

/** Decimal digits come in runs of ten that start with zero. */
function digits(points: readonly number[], categories: readonly Scalar[]): Scalar[] {
  let first = 0
  return points.map((point, row) => {
    if (categories[row] !== 'Nd') return null
    if (row === 0 || categories[row - 1] !== 'Nd' || points[row - 1] !== point - 1) first = point
    return (point - first) % 10
  })
}

/** Columns in a terminal: 0, 1 or 2. */
function widths(chars: readonly string[], categories: readonly Scalar[]): Int32Array {
  return Int32Array.from(chars, (char, row) => {
    const category = categories[row]
    if (category === 'Mn' || category === 'Me' || category === 'Cf' || category === 'Cc') return 0
    return category === 'Co' ? 1 : stringWidth(char)
  })
}

function utf8Bytes(point: number): number {
  return point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4
}
