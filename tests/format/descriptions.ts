// Reads descriptions of bytes out of prose: the offset tables of docs/FORMAT.md and the pictures in the
// headers of source files, which are tables of offsets or sequences (`magic "ROOT" u32 | table id u32`).

/** A described field. `offset` or `size` is null where the description gives none (varying lengths). */
export interface Described {
  readonly offset: number | null
  readonly size: number | null
  readonly label: string
}

// The heading on a line, without the file it may name behind; null when there is none.
function headingOf(line: string): string | null {
  return /^#+ (.*?)(?: \(`.*)?$/.exec(line)?.[1] ?? null
}

/** The text under a heading of a Markdown document, up to the next heading. */
export function sectionOf(markdown: string, heading: string): string {
  const lines = markdown.split('\n')
  const start = lines.findIndex((line) => headingOf(line) === heading)
  if (start < 0) throw new Error(`no heading "${heading}"`)
  const length = lines.slice(start + 1).findIndex((line) => /^#+ /.test(line))
  return lines.slice(start + 1, length < 0 ? undefined : start + 1 + length).join('\n')
}

/** Headings over every `| offset | bytes | field |` table, in order. */
export function headingsOfTables(markdown: string): string[] {
  const headings: string[] = []
  let last = ''
  for (const line of markdown.split('\n')) {
    last = headingOf(line) ?? last
    if (/^\| offset \| bytes \| field \|$/.test(line)) headings.push(last)
  }
  return headings
}

function numberOrNull(text: string): number | null {
  return /^\d+$/.test(text) ? Number(text) : null
}

/** Rows of the offset table in a section. */
export function tableRows(section: string): Described[] {
  return [...section.matchAll(/^\| *([^|]*?) *\| *([^|]*?) *\| *(.*?) *\|$/gm)]
    .filter(([, offset, size]) => offset !== 'offset' && !/^-+$/.test(size!))
    .map(([, offset, size, label]) => ({
      offset: numberOrNull(offset!), size: numberOrNull(size!), label: label!.replaceAll('`', ''),
    }))
}

/** Comment lines at the top of a source file, without their slashes. */
export function headerOf(source: string): string[] {
  const lines = source.split('\n')
  const end = lines.findIndex((line) => !line.startsWith('//'))
  return lines.slice(0, end).map((line) => line.replace(/^\/\/ ?/, ''))
}

const SIZES: Record<string, number> = { u8: 1, u16: 2, u32: 4, u64: 8, i64: 8, f64: 8, i128: 16 }

/** The picture that starts at the line `start` matches: a table of offsets or a sequence of typed fields. */
export function pictureOf(header: readonly string[], start: RegExp): Described[] {
  const at = header.findIndex((line) => start.test(line))
  if (at < 0) throw new Error(`no line matches ${start}`)
  if (/^ *offset  /.test(header[at]!)) return offsetPicture(header.slice(at + 1))
  const indent = indentOf(header[at]!)
  let text = header[at]!.replace(start, '')
  for (const line of header.slice(at + 1)) {
    const goesOn = (/\| *$/.test(text) || indentOf(line) > indent) && !/^ *per /.test(line)
    if (!goesOn) break
    text += ` | ${line.trim()}`
  }
  return sequence(text)
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length
}

function offsetPicture(lines: readonly string[]): Described[] {
  const rows: Described[] = []
  for (const line of lines) {
    const match = /^ +(\d+) +(\d+|\d\*n|\.\.\.)? +(\S.*)$/.exec(line)
    if (match === null) break
    rows.push({ offset: Number(match[1]), size: numberOrNull(match[2] ?? ''), label: match[3]! })
  }
  return rows
}

// `a u32 | b u8 (why) | rest` or the same with commas: offsets add up until a field without a type. A comma
// behind a type inside a field (`key base: present u8, i128`) separates nothing.
function sequence(text: string): Described[] {
  let offset: number | null = 0
  const plain = text.replace(/ *\([^)]*\)/g, '').replace(/ {4,}.*$/, '')
  const apart = (part: string): string[] => (/ u8, /.test(part) ? [part] : part.split(','))
  const parts = plain.includes('|') ? plain.split('|').flatMap(apart) : plain.split(',')
  return parts.map((part) => part.trim()).filter((part) => part !== '')
    .map((part) => {
      const match = /^([^,]+?) (u8|u16|u32|u64|i64|f64|i128)( or \w+)?$/.exec(part)
      const size = match === null ? null : SIZES[match[2]!]!
      const described = { offset, size, label: match?.[1] ?? part }
      offset = size === null || offset === null ? null : offset + size
      return described
    })
}
