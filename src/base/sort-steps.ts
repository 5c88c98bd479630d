// A stable merge sort that can be left between two steps: pieces are sorted first, then passes merge two of them at a
// time. For sorts inside maintenance, which must not hold the event loop for as long as all of them take.

/** Values sorted in one step, and moved in one step of a merging pass. */
const PIECE = 1024
const MOVES = 8192

/** The values in ascending order, as a new array. Yields about every millisecond of work. */
export function* sortSteps<T>(
  values: readonly T[], compare: (a: T, b: T) => number, piece = PIECE,
): Generator<void, T[]> {
  const count = values.length
  let from: T[] = []
  for (let begin = 0; begin < count; begin += piece) {
    for (const value of values.slice(begin, begin + piece).sort(compare)) from.push(value)
    yield
  }
  for (let width = piece; width < count; width *= 2) {
    const to: T[] = []
    for (let begin = 0; begin < count; begin += 2 * width) {
      const middle = Math.min(count, begin + width)
      const end = Math.min(count, begin + 2 * width)
      let i = begin
      let j = middle
      while (to.length < end) {
        const takeFirst = j === end || (i < middle && compare(from[i]!, from[j]!) <= 0)
        to.push(takeFirst ? from[i++]! : from[j++]!)
        if (to.length % MOVES === 0) yield
      }
    }
    from = to
  }
  return from
}
